"""Put the recordings of a rollout on one time axis, for its chart and its tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lab_helpers.observe.timeline import Phase, PodSample
from lab_helpers.observe.traffic import ProbeResult, Request
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["Lane", "Moment", "Rollout", "Span"]

# How much is shown before the first change and after the last one: requests continue while a learner reads.
_QUIET_SECONDS = 6.0


@dataclass(frozen=True)
class Moment:
    """A labelled moment.

    Attributes:
        at: The time, in seconds since 1970.
        text: What happened, in a few words.
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


@dataclass(frozen=True)
class Lane:
    """One release: its pods, and the requests it answered. Or one node, and its pods.

    Attributes:
        name: The release, or the node.
        revisions: The Deployment's revisions that rolled it out.
        pods: The phases of each of its pods, in the order in which pods appeared.
        answered: The number of requests it answered.
        answers: The sending times of the shown ones, in seconds from the beginning of the rollout.
    """

    name: str
    revisions: Sequence[int]
    pods: Mapping[str, Sequence[Span]]
    answered: int
    answers: Sequence[float]


class Rollout:
    """A rollout, in seconds from its beginning.

    Attributes:
        start: Its beginning, in seconds since 1970.
        seconds: Its duration, and a little more to show the effect of the last change.
        left_out: The seconds without changes before and after, which are not shown.
        moments: The labelled moments; ``at`` counts from the beginning.
        tags: The release of each pod.
        groups: In whose lane each pod is: its release's.
        group_word: What those are called.
        spans: The phases of each pod, in the order in which pods appeared.
        result: The result of the requests.
        gaps: Start and end of the times with incomplete observations.
    """

    group_word = words.RELEASE

    def __init__(
        self,
        samples: Sequence[PodSample],
        requests: Sequence[Request],
        moments: Sequence[Moment],
        deleted_at: Mapping[str, float],
        gaps: Sequence[tuple[float, float]] = (),
    ) -> None:
        self.result = ProbeResult(requests)
        first, last = _ends([s.at for s in samples], [m.at for m in moments], deleted_at.values(), _times(requests))
        first_change, last_change = self._changes(samples, moments, deleted_at) if moments else (first, last)
        self.start, end = max(first, first_change - _QUIET_SECONDS), min(last, last_change + _QUIET_SECONDS)
        self.seconds = max(end - self.start, 1.0) * 1.02
        self.left_out = (last - first) - (end - self.start)
        self.moments = sorted((Moment(m.at - self.start, m.text) for m in moments), key=lambda m: m.at)
        self.tags = {sample.pod: sample.image_tag for sample in samples}
        self.groups: Mapping[str, str] = self.tags
        self.spans = {pod: self._spans(pod, samples, deleted_at) for pod in self.tags}
        self.gaps = [edges for gap in gaps for edges in [self._within(gap)] if edges[1] > edges[0]]
        self._revisions = {(sample.image_tag, sample.revision): None for sample in samples if sample.revision}

    @property
    def lanes(self) -> list[Lane]:
        """A lane for each release, in the order in which they appeared."""
        return list(map(self._lane, dict.fromkeys([*self.tags.values(), *self.result.by_version])))

    @property
    def verdict(self) -> str:
        """The result, in a few words."""
        sent, failed = self.result.sent, self.result.failed
        if not sent:
            return phrase(words.NO_REQUESTS, pods=len(self.spans))
        return phrase(words.SOME_FAILED, sent=sent, failed=failed) if failed else phrase(words.NONE_FAILED, sent=sent)

    @property
    def details(self) -> str:
        """The answers by release, and the longest time without one; empty without requests."""
        if not self.result.sent:
            return ""
        answered = [
            phrase(words.BY, count=count, version=version or phrase(words.UNKNOWN))
            for version, count in self.result.by_version.items()
        ]
        gap = self.result.longest_gap_seconds
        return phrase(words.ANSWERED, answered=", ".join(answered) or phrase(words.NOBODY), gap=gap)

    @property
    def remark(self) -> str:
        """What the picture omits; empty for nothing."""
        return phrase(words.LEFT_OUT, seconds=round(self.left_out)) if round(self.left_out) else ""

    @property
    def story(self) -> str:
        """The rollout in one sentence, for screen readers."""
        moments = [phrase(words.MOMENT_STORY, text=moment.text, at=moment.at) for moment in self.moments]
        return phrase(
            words.ROLLOUT_STORY, verdict=self.verdict, details="; ".join(filter(None, [self.details, *moments]))
        )

    def _changes(
        self, samples: Sequence[PodSample], moments: Sequence[Moment], deleted_at: Mapping[str, float]
    ) -> tuple[float, float]:
        """The times of the first and the last change; pods that existed at the beginning are no change."""
        known = min((sample.at for sample in samples), default=0.0) + 1
        changes = [sample.at for sample in samples if sample.at > known]
        return _ends(changes, [moment.at for moment in moments], deleted_at.values(), _times(self.result.failures))

    def why(self, request: Request) -> str:
        """Why a request failed."""
        version = request.version or phrase(words.UNKNOWN)
        return request.error or phrase(words.HTTP, status=request.status, version=version)

    def _lane(self, version: str) -> Lane:
        return Lane(
            version,
            [revision for tag, revision in self._revisions if tag == version],
            self._pods_of(version),
            self.result.by_version.get(version, 0),
            [at - self.start for at in self._answers(version) if 0 <= at - self.start <= self.seconds],
        )

    def _pods_of(self, group: str) -> dict[str, Sequence[Span]]:
        return {pod: spans for pod, spans in self.spans.items() if self.groups[pod] == group}

    def _answers(self, version: str) -> list[float]:
        return [request.at for request in self.result.requests if request.ok and request.version == version]

    def _spans(self, pod: str, samples: Sequence[PodSample], deleted_at: Mapping[str, float]) -> list[Span]:
        pod_samples = [sample for sample in samples if sample.pod == pod]
        moments = [*(sample.at for sample in pod_samples), deleted_at.get(pod, self.start + self.seconds)]
        edges = self._within(moments)
        # A span that ended before the beginning has no length, and is not shown.
        return [Span(a, b, sample.phase) for sample, (a, b) in zip(pod_samples, pairwise(edges), strict=True) if b > a]

    def _within(self, moments: Iterable[float]) -> list[float]:
        """Times in seconds from the beginning, clamped to the shown range."""
        return [min(max(at - self.start, 0.0), self.seconds) for at in moments]


def _times(requests: Iterable[Request]) -> list[float]:
    """The times of sending, and of the response or timeout."""
    return [at for request in requests for at in (request.at, request.answered_at)]


def _ends(*moments: Iterable[float]) -> tuple[float, float]:
    """The minimum and the maximum of all times."""
    every = [at for some in moments for at in some]
    return min(every, default=0.0), max(every, default=0.0)
