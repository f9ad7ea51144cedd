"""Put what was recorded of a rollout on one axis of time, ready to be drawn or told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lab_helpers.kube.timeline import Phase, PodSample
from lab_helpers.kube.traffic import ProbeResult, Request
from lab_helpers.workbook import picture_words as words
from lab_helpers.workbook.picture_words import say

__all__ = ["Lane", "Moment", "Rollout", "Span"]


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


@dataclass(frozen=True)
class Lane:
    """One release: its pods, and the requests it answered.

    Attributes:
        version: The release.
        revisions: The Deployment's revisions that rolled it out.
        pods: The phases of each of its pods, in the order in which pods appeared.
        answers: When each request it answered was sent, in seconds from the beginning of the rollout.
    """

    version: str
    revisions: Sequence[int]
    pods: Mapping[str, Sequence[Span]]
    answers: Sequence[float]


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
        self._revisions = {(sample.image_tag, sample.revision): None for sample in samples if sample.revision}

    @property
    def lanes(self) -> list[Lane]:
        """A lane for each release, in the order in which they appeared."""
        return list(map(self._lane, dict.fromkeys([*self.tags.values(), *self.result.by_version])))

    @property
    def verdict(self) -> str:
        """What came of it, in a few words."""
        sent, failed = self.result.sent, self.result.failed
        if not sent:
            return say(words.NO_REQUESTS, pods=len(self.spans))
        return say(words.SOME_FAILED, sent=sent, failed=failed) if failed else say(words.NONE_FAILED, sent=sent)

    @property
    def details(self) -> str:
        """Who answered, and how long nobody did; empty where nobody was asked."""
        if not self.result.sent:
            return ""
        answered = [
            say(words.BY, count=count, version=version or say(words.UNKNOWN))
            for version, count in self.result.by_version.items()
        ]
        gap = self.result.longest_gap_seconds
        return say(words.ANSWERED, answered=", ".join(answered) or say(words.NOBODY), gap=gap)

    @property
    def story(self) -> str:
        """All of it in one sentence, for those who hear it read."""
        told = [say(words.MOMENT_STORY, text=moment.text, at=moment.at) for moment in self.moments]
        return say(words.ROLLOUT_STORY, verdict=self.verdict, details="; ".join(filter(None, [self.details, *told])))

    def why(self, request: Request) -> str:
        """Why a request failed."""
        version = request.version or say(words.UNKNOWN)
        return request.error or say(words.HTTP, status=request.status, version=version)

    def _lane(self, version: str) -> Lane:
        return Lane(
            version,
            [revision for tag, revision in self._revisions if tag == version],
            {pod: spans for pod, spans in self.spans.items() if self.tags[pod] == version},
            [one.at - self.start for one in self.result.requests if one.ok and one.version == version],
        )

    def _spans(self, pod: str, samples: Sequence[PodSample], gone: Mapping[str, float]) -> list[Span]:
        own = [sample for sample in samples if sample.pod == pod]
        end = gone.get(pod, self.start + self.seconds)
        edges = [sample.at - self.start for sample in own] + [end - self.start]
        return [Span(a, max(a, b), sample.phase) for sample, (a, b) in zip(own, pairwise(edges), strict=True)]
