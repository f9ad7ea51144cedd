"""A rollout as tables, for terminals, logs and screen readers."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.rollout_model import Rollout, Span
from lab_helpers.workbook.pictures.words import phase_name, phrase

__all__ = ["rollout_tables"]

_FAILURES_SHOWN = 5


def rollout_tables(rollout: Rollout) -> list[Table]:
    """The pods, what happened, and the first failures; times count from the beginning."""
    return [table for table in (_pods(rollout), _moments(rollout), _failures(rollout)) if table.rows]


def _pods(rollout: Rollout) -> Table:
    rows = [(pod, rollout.groups[pod], ", ".join(map(_span, spans))) for pod, spans in rollout.spans.items()]
    return Table((phrase(words.POD), phrase(rollout.group_word), phrase(words.PHASES)), rows, phrase(words.PODS_TABLE))


def _span(span: Span) -> str:
    return phrase(words.PHASE_SPAN, phase=phase_name(span.phase), start=span.start, end=span.end)


def _moments(rollout: Rollout) -> Table:
    rows = [(phrase(words.AT_SECONDS, at=moment.at), moment.text) for moment in rollout.moments]
    return Table((phrase(words.AT), phrase(words.MOMENT)), rows, phrase(words.MOMENTS_TABLE))


def _failures(rollout: Rollout) -> Table:
    names = (phrase(words.AT), phrase(words.REQUEST), phrase(words.WHY))
    return Table(names, list(_failure_rows(rollout)), phrase(words.FAILURES_TABLE))


def _failure_rows(rollout: Rollout) -> Iterator[tuple[str, str, str]]:
    failures = rollout.result.failures
    for request in failures[:_FAILURES_SHOWN]:
        at = phrase(words.AT_SECONDS, at=request.at - rollout.start)
        yield at, str(request.number), rollout.why(request)
    if len(failures) > _FAILURES_SHOWN:
        yield "…", "", phrase(words.MORE_FAILURES, count=len(failures) - _FAILURES_SHOWN)
