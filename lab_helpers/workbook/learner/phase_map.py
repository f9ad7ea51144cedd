"""The map of phases and steps: as a page in a notebook, as text in a terminal, as Markdown with links."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lab_helpers.language import gettext as _
from lab_helpers.workbook.display.cards import Card, Tone
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.learner.phases import Phase, PhaseStep
from lab_helpers.workbook.learner.progress import NOT_BEGUN, state_name

__all__ = ["SYMBOLS", "map_card", "map_lines", "map_markdown", "steps_table"]

SYMBOLS = {"passed": "✓", "failed": "✗", "skipped": "–", "error": "!", NOT_BEGUN: "○"}
"""Each state as a sign, for where there is room for no more; its word stands beside it wherever there is."""


def map_card(phases: Sequence[Phase], notebook: str) -> Card:
    """The map in a notebook: every phase in a line, and the steps of this one.

    Args:
        phases: All phases.
        notebook: The stem of the notebook that shows it.
    """
    rows = [(phase.number, phase.title, _how_far(phase)) for phase in phases]
    table = Table((_("phase"), _("what it is about"), _("how far")), rows)
    own = [steps_table(phase) for phase in phases if phase.notebook == notebook]
    return Card(Tone.NEUTRAL, _("Where you are"), [("", table), *(("", steps) for steps in own)])


def steps_table(phase: Phase) -> Table:
    """The steps of one phase and where the learner is with each."""
    rows = [(step.step.id, step.step.title, _minutes(step), _state(step)) for step in phase.steps]
    return Table(_columns(), rows)


def map_lines(phases: Sequence[Phase]) -> list[str]:
    """The map in a terminal: a line a phase."""
    return [f"{phase.number}  {_signs(phase)}  {_how_far(phase)}" for phase in phases]


def map_markdown(phases: Sequence[Phase], link: Callable[[Phase], str], architecture: str) -> str:
    """The map as a Markdown page.

    Args:
        phases: All phases.
        link: Where the notebook of a phase lies, seen from the page.
        architecture: Where the architecture lies.
    """
    title = _("The map")
    head = _(
        "Each phase is a notebook. Take them in their order, or begin anywhere: "
        "every notebook brings the cluster to its own start."
    )
    foot = _(
        "What the notebooks teach, in a few pages: [the architecture]({architecture}). This map keeps up with you; "
        "`lab status` in a terminal and `lab.map()` in a notebook show it too."
    ).format(architecture=architecture)
    upcoming = next((phase for phase in phases if phase.done < len(phase.steps)), None)
    if upcoming is not None:
        head += f"\n\n**{_('Next:')}** [{upcoming.number} {upcoming.title}]({link(upcoming)})"
    return "\n\n".join([f"# {title}", head, *("\n".join(_markdown(phase, link)) for phase in phases), foot]) + "\n"


def _markdown(phase: Phase, link: Callable[[Phase], str]) -> Iterator[str]:
    yield f"## [{phase.number} {phase.title}]({link(phase)})\n\n{_how_far(phase)}\n"
    yield f"| {' | '.join(_columns())} |\n|---|---|---|---|"
    for step in phase.steps:
        yield f"| {step.step.id} | {step.step.title} | {_minutes(step)} | {_state(step)} |"


def _columns() -> tuple[str, str, str, str]:
    return _("step"), _("what you do"), _("time"), _("state")


def _minutes(step: PhaseStep) -> str:
    return _("{minutes:g} min").format(minutes=step.step.minutes)


def _how_far(phase: Phase) -> str:
    return _("{done} of {all} steps").format(done=phase.done, all=len(phase.steps))


def _state(step: PhaseStep) -> str:
    state = f"{SYMBOLS[step.progress.state]} {state_name(step.progress.state)}"
    return f"{state}, {step.remark}" if step.remark else state


def _signs(phase: Phase) -> str:
    return " ".join(f"{SYMBOLS[step.progress.state]}{step.step.id}" for step in phase.steps)
