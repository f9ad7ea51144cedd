"""The context of the report's template: a run as plain texts and values."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab_helpers import language
from lab_helpers.configuration import Survey
from lab_helpers.configuration import words as configuration_words
from lab_helpers.redact import Redactor
from lab_helpers.run.engine.terminal_text import strip_escapes
from lab_helpers.run.report import words as words
from lab_helpers.run.report.pictures import ReportPicture, pictures_of
from lab_helpers.run.report.results import NotebookResult, RunResult, StepResult
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.learner.draw import LAB_VARY, assignments
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["page_of", "verdict"]

_SYMBOLS = {"passed": "✓", "failed": "✗", "skipped": "–", "error": "!", "not reached": "○"}
_STATES = {
    "passed": words.PASSED,
    "failed": words.FAILED,
    "skipped": words.SKIPPED,
    "error": words.ERROR,
    "not reached": words.NOT_REACHED,
}
_TABLE = {field.name for field in fields(Table)}


def page_of(run: RunResult, directory: Path, redactor: Redactor) -> dict[str, Any]:
    """The template's context, with secrets masked.

    Args:
        run: The result of the run.
        directory: The page's directory, to which links are relative.
        redactor: Masks the run's secrets.
    """
    date = f"{datetime.fromtimestamp(run.started, UTC):%Y-%m-%d %H:%M} UTC"
    notebooks = [_notebook(notebook, directory, redactor) for notebook in run.notebooks]
    page = {
        "language": run.language,
        "passed": run.passed,
        "verdict": verdict(run),
        "date": date,
        "facts": {
            phrase(words.TIME): _duration(run.seconds),
            phrase(words.CLUSTER): run.cluster,
            phrase(words.PROVIDER): run.provider,
            phrase(words.KUBERNETES): run.kubernetes,
            phrase(words.DATE): date,
        },
        "states": [_state(state) for state in _STATES],
        "environment": dict(run.environment),
        "is_gone": not run.is_kept,
        "failures": [step for notebook in notebooks for step in notebook["steps"] if step["look"] == "failed"],
        "notebooks": notebooks,
    }
    return redactor.tree(page)


def verdict(run: RunResult) -> str:
    """The result of the run in one sentence; two if a step failed and a notebook stopped for another reason."""
    steps = [step for notebook in run.notebooks for step in notebook.steps]
    failed = [step for step in steps if step.state in ("failed", "error")]
    stopped_early = [
        notebook.title or notebook.name
        for notebook in run.notebooks
        if notebook.error and not any(step in failed for step in notebook.steps)
    ]
    proved = sum(step.state == "passed" for step in steps)
    counts = {"proved": proved, "steps": len(steps), "failed": len(failed), "skipped": len(steps) - proved}
    if run.passed:
        return phrase(words.PASSED_WITH_SKIPPED if counts["skipped"] else words.PASSED_ALL, **counts)
    if failed:
        step = {"step": failed[0].id, "title": _translated(failed[0].title)}
        sentence = (
            phrase(words.FAILED_STEP, **counts, **step) if len(failed) == 1 else phrase(words.FAILED_STEPS, **counts)
        )
        return (
            f"{sentence} {phrase(words.STOPPED_TOO, notebooks=', '.join(stopped_early))}" if stopped_early else sentence
        )
    if stopped_early:
        return phrase(words.STOPPED_EARLY, **counts, notebooks=", ".join(stopped_early))
    return phrase(words.NOT_CHECKED, **counts)


def _notebook(notebook: NotebookResult, directory: Path, redactor: Redactor) -> dict[str, Any]:
    pictures = pictures_of(notebook.output, redactor)
    longest = max((step.seconds for step in notebook.steps), default=0.0)
    steps = [_step(notebook.name, step, longest, pictures) for step in notebook.steps]
    proved = sum(step["state"] == "passed" for step in steps)
    duration = _duration(notebook.seconds)
    return {
        **_state("passed" if notebook.passed else "failed"),
        "name": notebook.name,
        "title": notebook.title or notebook.name,
        "duration": duration,
        "proved": phrase(words.PROVED_IN, proved=proved, steps=len(steps), time=duration),
        "drawn": phrase(words.DRAWN, command=f"{LAB_VARY}={shlex.quote(assignments(notebook.vary))}")
        if notebook.vary
        else "",
        "steps": steps,
        "configuration": [_configuration(survey) for survey in notebook.configuration],
        "skipped": [asdict(cell) for cell in notebook.skipped],
        "error": strip_escapes(notebook.error),
        "link": os.path.relpath(notebook.output, directory) if notebook.output.exists() else "",
        "pictures": [asdict(picture) for picture in pictures if not any(_is_of(step["id"], picture) for step in steps)],
    }


def _step(notebook: str, step: StepResult, longest: float, pictures: Sequence[ReportPicture]) -> dict[str, Any]:
    observed = step.reason if step.state == "error" else step.seen
    card = {words.EXPECTED: step.expected, words.SEEN: observed, words.HINT: step.hint}
    was_checked = step.state in ("passed", "failed", "error")
    return {
        **asdict(step),
        **_state(step.state),
        "title": _translated(step.title),
        "anchor": f"{notebook}-{step.id}",
        "reason": step.reason[:1].upper() + step.reason[1:],
        "duration": _duration(step.seconds) if was_checked else "",
        "share": round(100 * step.seconds / longest) if was_checked and longest else 0,
        "evidence": {_translated(name.replace("_", " ")): _fact(value) for name, value in step.evidence.items()},
        "card": {phrase(name): strip_escapes(text) for name, text in card.items() if text},
        "next_step": strip_escapes(step.next_step),
        "diagnosis": strip_escapes(step.diagnosis),
        "pictures": [asdict(picture) for picture in pictures if _is_of(step.id, picture)],
    }


def _configuration(survey: Survey) -> dict[str, Any]:
    return {
        "title": phrase(words.CONFIGURATION_OF, app=survey.app, environment=survey.environment),
        "headings": configuration_words.headings(survey),
        "rows": [configuration_words.cells(row, survey) for row in survey.rows],
        "remarks": {row.name: configuration_words.remarks(row) for row in survey.rows if row.findings},
        "summary": configuration_words.summary(survey),
    }


def _translated(english: str) -> str:
    """Translate a text of the run's data, which is English, to the reader's language."""
    return english and language.gettext(english)  # gettext of nothing is the catalogue's head


def _state(state: str) -> dict[str, str]:
    look = "failed" if state == "error" else state.replace(" ", "-")
    return {"state": state, "look": look, "symbol": _SYMBOLS[state], "label": phrase(_STATES[state])}


def _is_of(step: str, picture: ReportPicture) -> bool:
    """Whether a picture is below the heading of a step."""
    return picture.caption.split(maxsplit=1)[:1] == [step]


def _fact(value: object) -> dict[str, Any]:
    """A piece of evidence: what is shown of it, as a text or as a table."""
    if not isinstance(value, Mapping) or set(value) != _TABLE:
        return {"text": _value(value), "table": None}
    rows = [[_value(cell) for cell in row] for row in value["rows"]]
    return {"text": value["caption"], "table": {"columns": value["columns"], "rows": rows}}


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{round(value, 3):g}"
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return phrase(words.YES if value else words.NO)
    return strip_escapes(str(value))


def _duration(seconds: float) -> str:
    if seconds < 10:
        return phrase(words.SECONDS, seconds=f"{seconds:.1f}")
    minutes, rest = divmod(round(seconds), 60)
    return (
        phrase(words.MINUTES, minutes=minutes, seconds=f"{rest:02d}")
        if minutes
        else phrase(words.SECONDS, seconds=rest)
    )
