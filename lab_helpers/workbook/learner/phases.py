"""The phases of the architecture, and how far a lab's learner has come in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lab_helpers import language
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop, ngettext
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.outlines import Step
from lab_helpers.workbook.learner import progress
from lab_helpers.workbook.learner.progress import StepProgress

__all__ = ["Phase", "PhaseStep", "phases"]

# The title of a phase whose notebook is there is its lab's own.
_TITLES = {
    "01_template": gettext_noop("The template, and what belongs where"),
    "02_app_repo": gettext_noop("An App repository of its own"),
    "03_cluster": "",
    "04_deploy_repo": gettext_noop("The Deploy repository"),
    "05_first_deploy": "",
    "06_expand": gettext_noop("More projects beside the first"),
    "07_operate": gettext_noop("Operate it, lose it, rebuild it"),
}


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
        steps: Its steps; none while the notebook is not written.
    """

    notebook: str
    title: str
    steps: tuple[PhaseStep, ...]

    @property
    def number(self) -> str:
        """As in ``05``."""
        return self.notebook.partition("_")[0]

    @property
    def done(self) -> int:
        """How many of its steps are passed, or skipped with a reason."""
        return sum(step.progress.state in ("passed", "skipped") for step in self.steps)


def phases(name: str) -> tuple[Phase, ...]:
    """All phases, in their order.

    Args:
        name: The lab's name.
    """
    written = outlines.notebooks()
    return tuple(_phase(name, notebook, notebook in written) for notebook in sorted({*_TITLES, *written}))


def _phase(name: str, notebook: str, is_written: bool) -> Phase:
    if not is_written:
        return Phase(notebook, language.gettext(_TITLES[notebook]), ())
    outline, recorded = outlines.load(notebook), progress.load(name, notebook)
    by_step: Mapping[str, StepProgress] = recorded.steps if recorded else {}
    return Phase(
        notebook, outline.title, tuple(PhaseStep(step, by_step.get(step.id, StepProgress())) for step in outline.steps)
    )
