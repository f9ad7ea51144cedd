"""What was seen of a rollout: its pods, the requests sent meanwhile, its turning points; and the picture of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lab_helpers.kube.watch import Outage
from lab_helpers.observe.milestones import Milestone
from lab_helpers.observe.timeline import PodSample
from lab_helpers.observe.traffic import Pause, Request, pauses
from lab_helpers.workbook.pictures.moments import moments
from lab_helpers.workbook.pictures.node_model import losses
from lab_helpers.workbook.pictures.picture import Moment, Picture, rollout_picture

__all__ = ["RolloutObservation"]


@dataclass(frozen=True)
class RolloutObservation:
    """What a watch has seen so far.

    Attributes:
        samples: What each pod was, moment by moment.
        gone: When each pod that is no more went away, in seconds since 1970.
        requests: Each request and its answer, in the order of sending.
        milestones: The turning points of the Deployment's rollouts; the first is what it asked for at the beginning.
        outages: The times in which the API server did not answer, so that changes were seen late, or not at all.
        is_by_node: Whether its picture puts pods together by their nodes, not by their releases.
    """

    samples: Sequence[PodSample]
    gone: Mapping[str, float]
    requests: Sequence[Request]
    milestones: Sequence[Milestone] = ()
    outages: Sequence[Outage] = ()
    is_by_node: bool = False

    @property
    def failures(self) -> list[Request]:
        """The requests that failed."""
        return [request for request in self.requests if not request.ok]

    @property
    def seconds_without_ready_pod(self) -> float:
        """For how long, after the first pod was Ready, none was; one that is going away no longer counts."""
        changes = sorted(
            [(sample.at, sample.pod, sample.phase == "ready") for sample in self.samples]
            + [(at, pod, False) for pod, at in self.gone.items()]  # one that was deleted by force was Ready until then
        )
        ready: set[str] = set()
        without, since = 0.0, None
        for at, pod, is_ready in changes:
            had_some = bool(ready)
            (ready.add if is_ready else ready.discard)(pod)
            if had_some and not ready:
                since = at
            elif ready and since is not None:
                without, since = without + at - since, None
        last = max(
            [at for at, _pod, _is_ready in changes] + [request.answered_at for request in self.requests[-1:]],
            default=0.0,
        )
        return without + (last - since if since is not None else 0.0)

    @property
    def pauses(self) -> list[Pause]:
        """The times in which the machine stood still, and the stream with it."""
        return pauses(self.requests)

    def left_at(self, version: str) -> float | None:
        """When another release was asked for after the last time that this one was; None where it was not seen."""
        tags = [milestone.image_tag for milestone in self.asked_for]
        if version not in tags[:-1]:
            return None
        later = self.asked_for[len(tags) - tags[::-1].index(version) :]
        return later[0].at if later else None

    def sent_at(self, version: str) -> float | None:
        """When a release was asked for last, in seconds since 1970; None where it was not while this was seen."""
        return next(
            (milestone.at for milestone in reversed(self.asked_for[1:]) if milestone.image_tag == version), None
        )

    def answered_by(self, version: str) -> list[Request]:
        """The requests that one release answered."""
        return [request for request in self.requests if request.ok and request.version == version]

    @property
    def asked_for(self) -> list[Milestone]:
        """The releases that were asked for, oldest first; the first of them before the watch began."""
        return [milestone for milestone in self.milestones if milestone.kind == "asked for"]

    @property
    def moments(self) -> list[Moment]:
        """What happened, named for those who look at the picture."""
        rollouts = moments(self.milestones, self.samples, self._other_outages, self.pauses)
        return [*rollouts, *losses(self.samples)] if self.is_by_node else rollouts

    @property
    def picture(self) -> Picture:
        """Pods over time, and which release answered; or on which node they were."""
        gaps = [(outage.began, outage.ended) for outage in self._other_outages]
        gaps += [(pause.began, pause.ended) for pause in self.pauses]
        return rollout_picture(self.samples, self.requests, self.moments, self.gone, gaps, is_by_node=self.is_by_node)

    @property
    def _other_outages(self) -> list[Outage]:
        """Those that are more than the machine's own standing still."""
        pauses = self.pauses
        return [
            outage
            for outage in self.outages
            if not any(pause.began < outage.ended and outage.began < pause.ended for pause in pauses)
        ]
