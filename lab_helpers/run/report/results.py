"""What came of a run: its notebooks and their steps, read from the event stream and judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lab_helpers.events import Event
from lab_helpers.run.report import words as words
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["NotebookResult", "RunResult", "SkippedCell", "StepResult", "collect_steps", "with_steps"]


@dataclass(frozen=True)
class StepResult:
    """What came of one step.

    Attributes:
        id: As in ``5.3``.
        title: What the step proves, in English.
        state: ``passed``, ``failed``, ``skipped``, ``error`` (the check itself failed) or ``not reached``.
        seconds: How long its check took.
        evidence: What the check saw, by name.
        expected: What a failed check wanted to see.
        seen: What it saw instead.
        hint: A nudge towards the mistake.
        next_step: What to type next.
        reason: Why it was skipped or not reached, or what went wrong with its check.
        diagnosis: What the cluster looked like when it failed.
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
    """A cell that the cluster could not do.

    Attributes:
        title: Its first command.
        reason: What it needs.
    """

    title: str
    reason: str


@dataclass(frozen=True)
class NotebookResult:
    """What came of one notebook.

    Attributes:
        name: Its stem, as in ``05_first_deploy``.
        state: ``passed`` if it ran to its end, else ``failed``.
        seconds: How long it ran.
        error: What ended it; empty if nothing did.
        output: The executed notebook.
        steps: Its steps in their order; filled in by ``with_steps``.
        skipped: Its cells that were left out; filled in by ``with_steps``.
        lost: Whether its cluster was lost under it: then what failed is no verdict.
        title: What it calls itself, in the reader's language; its name where it does not say.
    """

    name: str
    state: str
    seconds: float
    error: str
    output: Path
    steps: Sequence[StepResult] = ()
    skipped: Sequence[SkippedCell] = ()
    lost: bool = False
    title: str = ""

    @property
    def passed(self) -> bool:
        """Whether it ran to its end and every step was passed or skipped with a reason."""
        return self.state == "passed" and all(step.state in ("passed", "skipped") for step in self.steps)


@dataclass(frozen=True)
class RunResult:
    """What came of a whole run.

    Attributes:
        notebooks: Its notebooks, in the order they ran.
        cluster: The cluster's name.
        provider: What made the cluster.
        kubernetes: The version of Kubernetes, as in ``v1.37.2``.
        started: When it began, in seconds since the epoch.
        seconds: How long it took.
        environment: Anything else worth knowing about the machine, by name.
        language: The language of the page, as in ``en``.
        is_kept: Whether the cluster goes on after the run.
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
    """The result with its steps filled in, see ``collect_steps``, and its cells that were left out."""
    events = list(events)
    return replace(result, steps=collect_steps(events, result, expected), skipped=_skipped(events, result.name))


def collect_steps(
    events: Iterable[Event], result: NotebookResult, expected: Sequence[tuple[str, str]]
) -> list[StepResult]:
    """Put the verdicts of a run beside the steps that were to be taken.

    A step without a verdict was not reached. The last verdict on a step counts. What failed as the cluster was lost
    has none: a failed check ends its notebook, so that whatever failed there failed then.

    Args:
        events: The run's events.
        result: The notebook.
        expected: Id and title of each of its steps, in their order; steps seen besides come after them.
    """
    seen = {
        str(event.fields["step"]): event
        for event in events
        if event.kind == "check" and event.fields.get("notebook") == result.name and event.fields.get("step")
        if not (result.lost and event.state not in ("passed", "skipped"))
    }
    unreached = phrase(words.STOPPED_BEFORE if result.error else words.NEVER_CHECKED)
    steps = [
        _step(seen.pop(step), title) if step in seen else StepResult(step, title, "not reached", reason=unreached)
        for step, title in expected
    ]
    return steps + [_step(event, "") for event in seen.values()]


def _skipped(events: Iterable[Event], notebook: str) -> list[SkippedCell]:
    cells = (event.fields for event in events if event.kind == "cell" and event.fields.get("notebook") == notebook)
    return [SkippedCell(str(cell.get("title", "")), str(cell.get("reason", ""))) for cell in cells]


def _step(event: Event, title: str) -> StepResult:
    fields = event.fields
    evidence = fields.get("evidence") or {}
    texts = ("expected", "seen", "hint", "next_step", "reason", "diagnosis")
    return StepResult(
        id=str(fields["step"]),
        title=str(fields.get("title") or title),
        # Anything but a clear pass or skip is a failure: a verdict nobody understands is not a good one.
        state=event.state if event.state in ("passed", "skipped", "error") else "failed",
        seconds=float(fields.get("seconds") or 0.0),
        evidence=evidence if isinstance(evidence, Mapping) else {"seen": evidence},
        **{name: str(fields.get(name) or "") for name in texts},
    )
