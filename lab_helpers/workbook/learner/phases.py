"""The phases of the architecture, and how far a lab's learner has come in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lab_helpers.language import gettext as _
from lab_helpers.language import ngettext
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.outline import file_number
from lab_helpers.workbook.course.outlines import Step
from lab_helpers.workbook.learner import progress
from lab_helpers.workbook.learner.progress import StepProgress

__all__ = ["Phase", "PhaseStep", "phase", "phases"]


@dataclass(frozen=True)
class PhaseStep:
    """A step, and where the learner is with it."""

    step: Step
    progress: StepProgress

    @property
    def remark(self) -> str:
        """What help it took; empty for none."""
        if self.progress.has_seen_solution:
            return _("solution seen")
        hints = self.progress.hints
        return ngettext("{count} hint", "{count} hints", hints).format(count=hints) if hints else ""


@dataclass(frozen=True)
class Phase:
    """A phase of the architecture, and how far the learner has come in it.

    Attributes:
        notebook: The stem of its notebook.
        title: What it is about.
        steps: Its steps.
    """

    notebook: str
    title: str
    steps: tuple[PhaseStep, ...]

    @property
    def number(self) -> str:
        """As in ``05``."""
        return file_number(self.notebook)

    @property
    def done(self) -> int:
        """How many of its steps are passed, or skipped with a reason."""
        return sum(step.progress.state in ("passed", "skipped") for step in self.steps)


def phases(name: str) -> tuple[Phase, ...]:
    """All phases, in their order.

    Args:
        name: The lab's name.
    """
    return tuple(phase(name, notebook) for notebook in outlines.notebooks())


def phase(name: str, notebook: str) -> Phase:
    """One phase.

    Args:
        name: The lab's name.
        notebook: The stem of its notebook.
    """
    outline, recorded = outlines.load(notebook), progress.load(name, notebook)
    by_step: Mapping[str, StepProgress] = recorded.steps if recorded else {}
    return Phase(
        notebook, outline.title, tuple(PhaseStep(step, by_step.get(step.id, StepProgress())) for step in outline.steps)
    )
