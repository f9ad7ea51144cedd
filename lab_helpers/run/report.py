"""The report of a run: one HTML page that a manager reads in a minute and an engineer can dig in."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab_helpers.redact import Redactor
from lab_helpers.run.files import write_atomically
from lab_helpers.run.outputs import strip_escapes
from lab_helpers.run.pictures import Picture, pictures_of
from lab_helpers.run.results import NotebookResult, RunResult, StepResult

__all__ = ["verdict", "write_report"]

_SYMBOLS = {"passed": "✓", "failed": "✗", "skipped": "–", "not reached": "○"}


def write_report(path: Path, run: RunResult, redactor: Redactor | None = None) -> None:
    """Write the run's report: one page that needs no network and no other file.

    Args:
        path: The file to write.
        run: What came of the run.
        redactor: Hides the run's secrets; by default those of LAB_SECRETS_FILE.

    Raises:
        LabError: The file could not be written.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    redactor = redactor or Redactor.from_environment()
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html.j2")
    write_atomically(path, template.render(_page(run, path.parent, redactor)))


def verdict(run: RunResult) -> str:
    """The run in one sentence."""
    steps = [step for notebook in run.notebooks for step in notebook.steps]
    failed = [step for step in steps if step.state == "failed"]
    proved = sum(step.state == "passed" for step in steps)
    if run.passed:
        skipped = len(steps) - proved
        rest = f", {_count(skipped, 'step')} skipped" if skipped else ""
        return f"Passed: {_count(proved, 'step')} proved in {_count(len(run.notebooks), 'notebook')}{rest}."
    if len(failed) == 1:
        return f"Failed: step {failed[0].id}, “{failed[0].title}”; {proved} of {len(steps)} steps proved."
    if failed:
        return f"Failed: {len(failed)} steps; {proved} of {len(steps)} steps proved."
    ended = [_title(notebook.name) for notebook in run.notebooks if notebook.error]
    if ended:
        return f"Failed: {', '.join(ended)} stopped early; {proved} of {len(steps)} steps proved."
    return f"Failed: not every step was checked; {proved} of {len(steps)} steps proved."


def _page(run: RunResult, directory: Path, redactor: Redactor) -> dict[str, Any]:
    date = datetime.fromtimestamp(run.started, UTC)
    notebooks = [_notebook(notebook, directory, redactor) for notebook in run.notebooks]
    page = {
        "language": run.language,
        "passed": run.passed,
        "verdict": verdict(run),
        "date": f"{date:%Y-%m-%d %H:%M} UTC",
        "facts": {
            "Time": _duration(run.seconds),
            "Cluster": run.cluster,
            "Provider": run.provider,
            "Kubernetes": run.kubernetes,
            "Date": f"{date:%Y-%m-%d %H:%M} UTC",
        },
        "environment": dict(run.environment),
        "failures": [step for notebook in notebooks for step in notebook["steps"] if step["state"] == "failed"],
        "notebooks": notebooks,
    }
    return redactor.tree(page)


def _notebook(notebook: NotebookResult, directory: Path, redactor: Redactor) -> dict[str, Any]:
    steps = [_step(notebook.name, step) for step in notebook.steps]
    pictures = pictures_of(notebook.output, redactor)
    for step in steps:
        step["pictures"] = [asdict(picture) for picture in pictures if _is_of(step["id"], picture)]
    return {
        "name": notebook.name,
        "title": _title(notebook.name),
        "state": "passed" if notebook.passed else "failed",
        "symbol": _SYMBOLS["passed" if notebook.passed else "failed"],
        "duration": _duration(notebook.seconds),
        "proved": sum(step["state"] == "passed" for step in steps),
        "steps": steps,
        "skipped": [asdict(cell) for cell in notebook.skipped],
        "error": strip_escapes(notebook.error),
        "link": os.path.relpath(notebook.output, directory) if notebook.output.exists() else "",
        "pictures": [asdict(one) for one in pictures if not any(_is_of(step["id"], one) for step in steps)],
    }


def _is_of(step: str, picture: Picture) -> bool:
    """Whether a picture stands below the heading of a step."""
    return picture.caption.split(maxsplit=1)[:1] == [step]


def _step(notebook: str, step: StepResult) -> dict[str, Any]:
    card = {"Expected": step.expected, "Seen": step.seen, "Hint": step.hint}
    return {
        **asdict(step),
        "anchor": f"{notebook}-{step.id}",
        "symbol": _SYMBOLS[step.state],
        "duration": _duration(step.seconds) if step.state in ("passed", "failed") else "",
        "evidence": {name.replace("_", " "): _value(value) for name, value in step.evidence.items()},
        "card": {name: strip_escapes(text) for name, text in card.items() if text},
        "next_step": strip_escapes(step.next_step),
        "diagnosis": strip_escapes(step.diagnosis),
    }


def _title(name: str) -> str:
    number, _, words = name.partition("_")
    return f"{number} {words.replace('_', ' ').capitalize()}" if words else name


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{round(value, 3):g}"
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return strip_escapes(str(value))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
