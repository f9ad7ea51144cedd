"""The results of a run: its notebooks and their steps, from the event stream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lab_helpers.configuration import Survey
from lab_helpers.events import Event
from lab_helpers.run.report import words as words
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["NotebookResult", "RunResult", "SkippedCell", "StepResult", "collect_steps", "with_steps"]


@dataclass(frozen=True)
class StepResult:
    """The result of one step; its fields are those of its event.

    Attributes:
        id: As in ``5.3``.
        title: What the step proves, in English.
        state: ``passed``, ``failed``, ``skipped``, ``error`` (the check itself failed) or ``not reached``.
        seconds: The duration of its check.
        evidence: The check's evidence, by name.
        expected: The state that a failed check requires.
        seen: The state that it observed instead.
        hint: A nudge towards the mistake.
        next_step: What to type next.
        reason: Why it was skipped or not reached, or the error of its check.
        diagnosis: The diagnosis of the namespace when it failed.
    """

    id: str
    title: str
    state: str
    seconds: float = 0.0
    evidence: Mapping[str, Any] = field(default_factory=dict)
    expected: str = ""
    seen: str = ""
    hint: str = ""
    next_step: str = ""
    reason: str = ""
    diagnosis: str = ""


@dataclass(frozen=True)
class SkippedCell:
    """A cell that was skipped for a capability that the cluster lacks.

    Attributes:
        title: Its first command.
        reason: The missing capability.
    """

    title: str
    reason: str


@dataclass(frozen=True)
class NotebookResult:
    """The result of one notebook.

    Attributes:
        name: Its stem, as in ``05_first_deploy``.
        state: ``passed`` if it ran to its end, else ``failed``.
        seconds: Its duration.
        error: The error that ended it; empty if none did.
        output: The executed notebook.
        steps: Its steps in their order; set by ``with_steps``.
        skipped: Its skipped cells; set by ``with_steps``.
        vary: The values that were drawn for it, by name; set by ``with_steps``.
        lost: Whether its cluster was lost meanwhile: then a failed check is no verdict.
        title: Its title in the reader's language; empty for its name.
        configuration: What the applications that it deployed were configured with, and what the cluster ran at its end.
    """

    name: str
    state: str
    seconds: float
    error: str
    output: Path
    steps: Sequence[StepResult] = ()
    skipped: Sequence[SkippedCell] = ()
    vary: Mapping[str, Any] = field(default_factory=dict)
    lost: bool = False
    title: str = ""
    configuration: Sequence[Survey] = ()

    @property
    def passed(self) -> bool:
        """Whether it ran to its end and every step was passed or skipped with a reason."""
        return self.state == "passed" and all(step.state in ("passed", "skipped") for step in self.steps)


@dataclass(frozen=True)
class RunResult:
    """The result of a whole run.

    Attributes:
        notebooks: Its notebooks, in the order they ran.
        cluster: The cluster's name.
        provider: The cluster's provider.
        kubernetes: The version of Kubernetes, as in ``v1.37.2``.
        started: When it began, in seconds since 1970.
        seconds: Its duration.
        environment: Facts about the machine, by name.
        language: The language of the page, as in ``en``.
        is_kept: Whether the cluster is kept after the run.
    """

    notebooks: Sequence[NotebookResult]
    cluster: str
    provider: str
    kubernetes: str
    started: float
    seconds: float
    environment: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"
    is_kept: bool = True

    @property
    def passed(self) -> bool:
        """Whether there is a notebook at all and every one passed."""
        return bool(self.notebooks) and all(notebook.passed for notebook in self.notebooks)


def with_steps(result: NotebookResult, events: Iterable[Event], expected: Sequence[tuple[str, str]]) -> NotebookResult:
    """The result with its steps (see ``collect_steps``), its skipped cells and the values that were drawn for it."""
    events = list(events)
    return replace(
        result,
        steps=collect_steps(events, result, expected),
        skipped=_skipped(events, result.name),
        vary=_drawn(events, result.name),
    )


def collect_steps(
    events: Iterable[Event], result: NotebookResult, expected: Sequence[tuple[str, str]]
) -> list[StepResult]:
    """The results of a notebook's steps, from the run's events.

    A step without a verdict was not reached. The last verdict on a step counts. A check that failed when the cluster
    was lost gives no verdict.

    Args:
        events: The run's events.
        result: The notebook's result.
        expected: Id and title of each of its steps, in their order; other steps in the events come after them.
    """
    checks = {
        str(event.fields["step"]): event
        for event in events
        if event.kind == "check" and event.fields.get("notebook") == result.name and event.fields.get("step")
        if not (result.lost and event.state not in ("passed", "skipped"))
    }
    unreached = phrase(words.STOPPED_BEFORE if result.error else words.NEVER_CHECKED)
    steps = [
        _step(checks.pop(step), title) if step in checks else StepResult(step, title, "not reached", reason=unreached)
        for step, title in expected
    ]
    return steps + [_step(event, "") for event in checks.values()]


def _skipped(events: Iterable[Event], notebook: str) -> list[SkippedCell]:
    cells = (event.fields for event in events if event.kind == "cell" and event.fields.get("notebook") == notebook)
    return [SkippedCell(str(cell.get("title", "")), str(cell.get("reason", ""))) for cell in cells]


def _drawn(events: Iterable[Event], notebook: str) -> Mapping[str, Any]:
    drawn: Mapping[str, Any] = {}
    for event in events:
        if (event.kind, event.state, event.name) == ("notebook", "drawn", notebook):
            drawn = event.fields.get("vary") or {}
    return drawn


def _step(event: Event, title: str) -> StepResult:
    fields = event.fields
    evidence = fields.get("evidence") or {}
    texts = ("expected", "seen", "hint", "next_step", "reason", "diagnosis")
    return StepResult(
        id=str(fields["step"]),
        title=str(fields.get("title") or title),
        # An unknown state is a failure.
        state=event.state if event.state in ("passed", "skipped", "error") else "failed",
        seconds=float(fields.get("seconds") or 0.0),
        evidence=evidence if isinstance(evidence, Mapping) else {"seen": evidence},
        **{name: str(fields.get(name) or "") for name in texts},
    )
