"""Label the moments of rollouts: a release begins, is Ready, is rolled out, stalls, is undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab_helpers.kube.watch import Outage
from lab_helpers.observe.milestones import Milestone
from lab_helpers.observe.timeline import PodSample
from lab_helpers.observe.traffic import Pause
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.rollout_model import Moment
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["moments"]

_ENDS = {"complete": words.COMPLETE, "stalled": words.STALLED, "deleted": words.DELETED}


def moments(
    milestones: Sequence[Milestone],
    samples: Sequence[PodSample],
    outages: Sequence[Outage] = (),
    pauses: Sequence[Pause] = (),
) -> list[Moment]:
    """The moments since the recording began, oldest first.

    Args:
        milestones: The rollouts' milestones; the first is the release before the recording.
        samples: The pods' phases.
        outages: When the API server did not respond.
        pauses: When the machine was suspended.
    """
    gaps = [Moment(outage.began, phrase(words.OUTAGE, seconds=outage.seconds)) for outage in outages]
    gaps += [Moment(pause.began, phrase(words.PAUSE, seconds=pause.seconds)) for pause in pauses]
    return sorted([*_named(milestones, samples), *gaps], key=lambda moment: moment.at)


def _named(milestones: Sequence[Milestone], samples: Sequence[PodSample]) -> Iterator[Moment]:
    known = [milestone.image_tag for milestone in milestones[:1]]
    has_begun = False
    for milestone in milestones[1:]:
        tag = milestone.image_tag
        if milestone.kind == "asked for":
            has_begun = True
            yield Moment(milestone.at, phrase(_beginning(tag, known), version=tag))
            yield from _first_ready(milestone, samples)
            known.append(tag)
        elif has_begun or milestone.kind == "deleted":  # a rollout that began before the recording has no label
            yield Moment(milestone.at, phrase(_ENDS[milestone.kind], version=tag))


def _beginning(tag: str, known: Sequence[str]) -> str:
    if known and tag == known[-1]:
        return words.RESTARTS
    return words.UNDONE if tag in known else words.BEGINS


def _first_ready(start: Milestone, samples: Sequence[PodSample]) -> Iterator[Moment]:
    """The moment when the first new pod of a rollout was Ready, if any was."""
    new = {sample.pod for sample in samples if sample.at >= start.at and sample.phase == "pending"}
    for sample in samples:
        if sample.pod in new and sample.phase == "ready" and sample.image_tag == start.image_tag:
            yield Moment(sample.at, phrase(words.READY, version=start.image_tag))
            return
