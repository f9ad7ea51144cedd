"""Tell a rollout in tables, for a terminal, a log and those who do not see the picture."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.rollout_model import Rollout, Span
from lab_helpers.workbook.pictures.words import phase_name, say

__all__ = ["rollout_tables"]

_FAILURES_TOLD = 5


def rollout_tables(rollout: Rollout) -> list[Table]:
    """The pods, what happened, and the first failures; times count from the beginning."""
    return [table for table in (_pods(rollout), _moments(rollout), _failures(rollout)) if table.rows]


def _pods(rollout: Rollout) -> Table:
    rows = [(pod, rollout.tags[pod], ", ".join(map(_span, spans))) for pod, spans in rollout.spans.items()]
    return Table((say(words.POD), say(words.RELEASE), say(words.PHASES)), rows, say(words.PODS_TABLE))


def _span(span: Span) -> str:
    return say(words.PHASE_SPAN, phase=phase_name(span.phase), start=span.start, end=span.end)


def _moments(rollout: Rollout) -> Table:
    rows = [(say(words.AT_SECONDS, at=moment.at), moment.text) for moment in rollout.moments]
    return Table((say(words.AT), say(words.MOMENT)), rows, say(words.MOMENTS_TABLE))


def _failures(rollout: Rollout) -> Table:
    names = (say(words.AT), say(words.REQUEST), say(words.WHY))
    return Table(names, list(_failure_rows(rollout)), say(words.FAILURES_TABLE))


def _failure_rows(rollout: Rollout) -> Iterator[tuple[str, str, str]]:
    failures = rollout.result.failures
    for request in failures[:_FAILURES_TOLD]:
        at = say(words.AT_SECONDS, at=request.at - rollout.start)
        yield at, str(request.number), rollout.why(request)
    if len(failures) > _FAILURES_TOLD:
        yield "…", "", say(words.MORE_FAILURES, count=len(failures) - _FAILURES_TOLD)
