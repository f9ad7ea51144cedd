"""Put the recordings of a Deployment on one time axis by the nodes of its pods, and label the death of a node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab_helpers.observe.timeline import PodSample
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.rollout_model import Lane, Moment, Rollout
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["NodeRollout", "losses"]


class NodeRollout(Rollout):
    """The same as a rollout, with a lane for each node, and below them one for each release that answered.

    Attributes:
        groups: In whose lane each pod is: its node's.
        group_word: What those are called.
    """

    group_word = words.NODE

    def __init__(
        self,
        samples: Sequence[PodSample],
        requests: Sequence[Request],
        moments: Sequence[Moment],
        deleted_at: Mapping[str, float],
        gaps: Sequence[tuple[float, float]] = (),
    ) -> None:
        super().__init__(samples, requests, moments, deleted_at, gaps)
        nodes = {sample.pod: sample.node for sample in samples if sample.node}
        self.groups = {pod: nodes.get(pod) or phrase(words.NOT_PLACED) for pod in self.tags}

    @property
    def lanes(self) -> list[Lane]:
        """A lane for each node, by their names, and for each release that answered."""
        nodes = [Lane(node, [], self._pods_of(node), 0, []) for node in sorted(set(self.groups.values()))]
        return [*nodes, *map(self._lane, self.result.by_version)]


def losses(samples: Sequence[PodSample]) -> list[Moment]:
    """The moments of a node's death: it counts as lost, its pods are given up, as many as before are Ready again.

    Args:
        samples: The pods' phases, in the order they were observed.
    """
    lost = _first_lost(samples)
    if lost is None:
        return []
    silent, given_up = lost
    count = _ready_before(samples, silent.at)
    moments = [Moment(silent.at, phrase(words.LOST_NODE, node=silent.node)), Moment(given_up, phrase(words.GIVEN_UP))]
    again = (
        each.at for each in samples if each.at > given_up and _ready_before(samples, each.at, and_then=True) >= count
    )
    return [*moments, *(Moment(at, phrase(words.TAKEN_OVER, count=count)) for at in list(again)[:1])]


def _first_lost(samples: Sequence[PodSample]) -> tuple[PodSample, float] | None:
    """When a pod first was no longer Ready and was given up later without being so again, and when that was."""
    phases: dict[str, PodSample] = {}
    silent: dict[str, PodSample] = {}
    for sample in samples:
        before = phases.get(sample.pod)
        if sample.phase == "running" and before is not None and before.phase == "ready":
            silent[sample.pod] = sample
        elif sample.phase == "ready":
            silent.pop(sample.pod, None)
        elif sample.phase == "terminating" and sample.pod in silent:
            same_node = [each for each in silent.values() if each.node == sample.node]
            return min(same_node, key=lambda each: each.at), sample.at
        phases[sample.pod] = sample
    return None


def _ready_before(samples: Sequence[PodSample], at: float, *, and_then: bool = False) -> int:
    """How many pods were Ready right before a moment, or with what happened in it."""
    last = {sample.pod: sample.phase for sample in samples if sample.at < at or (and_then and sample.at == at)}
    return list(last.values()).count("ready")
