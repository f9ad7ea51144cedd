"""Put what was recorded of a rollout on one axis of time, ready to be drawn or told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lab_helpers.kube.timeline import Phase, PodSample
from lab_helpers.kube.traffic import ProbeResult, Request

__all__ = ["Moment", "Rollout", "Span"]


@dataclass(frozen=True)
class Moment:
    """Something that was done or happened.

    Attributes:
        at: When, in seconds since 1970.
        text: What, in a few words.
    """

    at: float
    text: str


@dataclass(frozen=True)
class Span:
    """A stretch of time that a pod spent in one phase.

    Attributes:
        start: Seconds from the beginning of the rollout.
        end: Seconds from the beginning of the rollout.
        phase: The phase.
    """

    start: float
    end: float
    phase: Phase


class Rollout:
    """What happened, in seconds from its beginning.

    Attributes:
        start: Its beginning, in seconds since 1970.
        seconds: How long it took, and a little more, so that what the last change led to can be seen.
        moments: What was done; ``at`` counts from the beginning.
        tags: The release that each pod runs.
        spans: The phases of each pod, in the order in which pods appeared.
        result: What came of the requests.
    """

    def __init__(
        self,
        samples: Sequence[PodSample],
        requests: Sequence[Request],
        moments: Sequence[Moment],
        gone: Mapping[str, float],
    ) -> None:
        marks = [sample.at for sample in samples] + [moment.at for moment in moments]
        marks += [request.at for request in requests]
        self.start = min(marks, default=0.0)
        last = max([*marks, *gone.values(), *(request.answered_at for request in requests)], default=0.0)
        self.seconds = max(last - self.start, 1.0) * 1.02
        self.moments = sorted((Moment(m.at - self.start, m.text) for m in moments), key=lambda m: m.at)
        self.tags = {sample.pod: sample.image_tag for sample in samples}
        self.spans = {pod: self._spans(pod, samples, gone) for pod in self.tags}
        self.result = ProbeResult(requests)

    @property
    def versions(self) -> list[str]:
        """The releases, in the order in which they appeared."""
        return list(dict.fromkeys([*self.tags.values(), *self.result.by_version]))

    @property
    def verdict(self) -> str:
        """What came of it, in one sentence."""
        if not self.result.sent:
            return f"{len(self.spans)} pods; no requests were sent"
        failed = f"{self.result.failed} failed" if self.result.failed else "none failed"
        return f"{self.result.sent} requests, {failed}"

    @property
    def details(self) -> str:
        """Who answered, and how long nobody did."""
        if not self.result.sent:
            return ""
        answered = ", ".join(f"{count} by {version or 'unknown'}" for version, count in self.result.by_version.items())
        gap = self.result.longest_gap_seconds
        return f"answered: {answered or 'none'} · longest time without a good answer {gap:.2f} s"

    def _spans(self, pod: str, samples: Sequence[PodSample], gone: Mapping[str, float]) -> list[Span]:
        own = [sample for sample in samples if sample.pod == pod]
        end = gone.get(pod, self.start + self.seconds)
        edges = [sample.at - self.start for sample in own] + [end - self.start]
        return [Span(a, max(a, b), sample.phase) for sample, (a, b) in zip(own, pairwise(edges), strict=True)]
