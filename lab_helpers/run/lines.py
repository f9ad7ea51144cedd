"""The lines that a run prints while its notebooks are executed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from lab_helpers import language
from lab_helpers.events import Event
from lab_helpers.language import gettext as _
from lab_helpers.run.report.results import NotebookResult
from lab_helpers.workbook.learner.draw import LAB_VARY, assignments

__all__ = ["of_event", "of_result"]

_ERROR_LINES = 6  # of the error that ended a notebook outside a step; the report has all of it


def of_event(event: Event, notebook: str) -> Iterator[str]:
    """What an event says of a notebook; nothing of another notebook's, for several append to the same stream."""
    if event.fields.get("notebook") != notebook:
        return
    if (event.kind, event.state) == ("notebook", "started"):
        yield notebook
    if (event.kind, event.state) == ("notebook", "drawn"):
        yield f"  {LAB_VARY}={shlex.quote(assignments(event.fields['vary']))}"
    if event.kind in ("cell", "check"):
        symbol = {"passed": "✓", "skipped": "–"}.get(event.state, "✗")
        step, title = (str(event.fields.get(name) or "") for name in ("step", "title"))
        yield f"  {symbol} {step} {title and language.gettext(title)}".replace("  ", " ").rstrip()


def of_result(result: NotebookResult) -> Iterator[str]:
    """Whether a notebook passed; before that, why it did not, and what to type next."""
    for reason in _reasons(result):
        yield f"    {reason}"
    passed, failed = _("{notebook}: passed in {seconds:.1f} s"), _("{notebook}: failed in {seconds:.1f} s")
    yield (passed if result.passed else failed).format(notebook=result.name, seconds=result.seconds)


def _reasons(result: NotebookResult) -> list[str]:
    failed = next((step for step in result.steps if step.state == "failed"), None)
    if failed is None:
        return result.error.strip().splitlines()[-_ERROR_LINES:]
    fields = [(_("expected"), failed.expected), (_("seen"), failed.seen), (_("next"), failed.next_step)]
    return [f"{name}: {text}" for name, text in fields if text]
