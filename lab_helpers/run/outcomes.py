"""What became of a notebook: its steps as its lab declares them, also where none of its own cells ended it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lab_helpers import events
from lab_helpers.cluster.loss import ClusterLost
from lab_helpers.errors import LabError
from lab_helpers.events import Event
from lab_helpers.language import gettext as _
from lab_helpers.run.directory import EVENTS, executed_notebook
from lab_helpers.run.engine.stopping import Interrupted
from lab_helpers.run.report.results import NotebookResult, with_steps
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.outline import file_number

__all__ = ["unfinished", "with_declared_steps"]


def unfinished(notebook: Path, output: Path, reason: Interrupted | LabError) -> NotebookResult:
    """The result of a notebook that did not start, or was not stopped by one of its own cells.

    Args:
        notebook: The notebook.
        output: The run's directory.
        reason: What kept it from its end.
    """
    if isinstance(reason, LabError):
        error = str(reason)
    else:
        error = _("{signal} stopped the run").format(signal=reason.signal_name)
    lost = isinstance(reason, ClusterLost)
    seconds = _recorded_seconds(events.read(output / EVENTS), notebook.stem)
    executed = executed_notebook(output, notebook)
    return with_declared_steps(NotebookResult(notebook.stem, "failed", seconds, error, executed, lost=lost), output)


def with_declared_steps(result: NotebookResult, output: Path) -> NotebookResult:
    """A result with the title and all steps of its lab, those included that no event tells of."""
    try:
        outline = outlines.load(result.name)
    except LabError:  # which is why it was not run
        return result
    expected = [(step.id, step.statement) for step in outline.steps]
    result = replace(result, title=f"{file_number(result.name)} · {outline.title}")  # as its first line has it
    return with_steps(result, events.read(output / EVENTS), expected)


def _recorded_seconds(stream: Sequence[Event], notebook: str) -> float:
    """The duration of a notebook in its events; 0 if it did not start."""
    ends = [event for event in stream if event.kind == "notebook" and event.fields.get("name") == notebook]
    return max((float(event.fields.get("seconds") or 0.0) for event in ends), default=0.0)
