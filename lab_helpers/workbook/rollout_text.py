"""Tell a rollout in words and columns, for a terminal, a log and those who do not see the picture."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.workbook.rollout_model import Rollout

__all__ = ["tell_rollout"]

_FAILURES_TOLD = 5


def tell_rollout(rollout: Rollout) -> str:
    """The verdict, then the pods, what was done, and the first failures; times count from the beginning."""
    return "\n".join(
        [rollout.verdict, *filter(None, [rollout.details]), *_pods(rollout), *_moments(rollout), *_failures(rollout)]
    )


def _pods(rollout: Rollout) -> Iterator[str]:
    width = max(map(len, rollout.tags), default=0)
    for pod, spans in rollout.spans.items():
        phases = ", ".join(f"{span.phase} {span.start:.1f}-{span.end:.1f} s" for span in spans)
        yield f"  {pod:<{width}}  {rollout.tags[pod]:<8}  {phases}"


def _moments(rollout: Rollout) -> Iterator[str]:
    for moment in rollout.moments:
        yield f"  at {moment.at:5.1f} s  {moment.text}"


def _failures(rollout: Rollout) -> Iterator[str]:
    failures = rollout.result.failures
    for request in failures[:_FAILURES_TOLD]:
        why = request.error or f"HTTP {request.status} from {request.version or 'unknown'}"
        yield f"  failed at {request.at - rollout.start:5.1f} s  request {request.number}: {why}"
    if len(failures) > _FAILURES_TOLD:
        yield f"  … and {len(failures) - _FAILURES_TOLD} more failures"
