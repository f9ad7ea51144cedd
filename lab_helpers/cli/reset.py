"""`lab reset`: take learner and cluster back to the start of a phase, or restore files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lab_helpers.cli.options import Language, ProgressPrinter, RunningName
from lab_helpers.cli.resuming import resumable
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab_helpers.workbook.learner.restoring import Restored
    from lab_helpers.workbook.session.resetting import Reset

__all__ = ["reset"]


def reset(
    target: Annotated[
        str,
        typer.Argument(help=_("A phase, as in 5 or its notebook's name; a step, as in 3.2; or a file of a notebook.")),
    ],
    name: RunningName = None,
    language: Language = None,
) -> None:
    """Take learner and cluster back to the start of a phase, or restore a step's files or one file; work is kept."""
    from lab_helpers.cluster import at_hand
    from lab_helpers.workbook.course import outlines
    from lab_helpers.workbook.learner import restoring
    from lab_helpers.workbook.session.resetting import reset as reset_phase
    from lab_helpers.workbook.session.starts import reset_command

    outline = outlines.load_phase(target) if restoring.is_phase(target) else None
    if outline is None:
        _tell(restoring.restore(at_hand.attached(at_hand.resolve_name(name)), target))
        return
    progress, cluster = ProgressPrinter(), at_hand.running(at_hand.resolve_name(name))
    reason = _("interrupted; the lab may be only partly back")
    with resumable(outline.notebook, reason, reset_command(cluster.name, outline.notebook), cluster.name):
        done = reset_phase(outline, cluster, progress)
    message = _("{notebook} is at its start again, after {seconds:.1f} s:")
    print(message.format(notebook=outline.notebook, seconds=progress.seconds))
    _tell_cluster(done, outline.namespaces)
    print(_("  workspace  fresh: {workspace}").format(workspace=done.workspace))
    print(_("  progress   {count} steps not begun").format(count=len(outline.steps)))
    for remark in done.remarks:
        print(_("  note       {remark}").format(remark=remark))
    print(_("A page that has the notebook open becomes the fresh one by itself; then run its first two code cells."))


def _tell_cluster(done: Reset, namespaces: Sequence[str]) -> None:
    """Print what became of the cluster, and of the other notebooks by that."""
    if not done.is_restored:
        message = _("  cluster    {namespaces} deleted, with all that was in them")
        print(message.format(namespaces=", ".join(namespaces)))
        return
    print(_("  cluster    as it was when you began this phase, in all its namespaces"))
    if done.outdated:
        message = _("  others     begin again when you open them, what you have proven stays on the map: {notebooks}")
        print(message.format(notebooks=", ".join(done.outdated)))


def _tell(done: Restored) -> None:
    """Print what was restored, and what stayed as it is."""
    from lab_helpers.workbook.course.outline import phase_number

    for file in done.files:
        print(_("given back: {file}").format(file=done.workspace / file))
    if not done.files:
        print(
            _("nothing to give back: every file is as it was given to you, in {workspace}").format(
                workspace=done.workspace
            )
        )
    for remark in done.remarks:
        print(_("  note       {remark}").format(remark=remark))
    message = _(
        "The cluster and what you have proven are as they were; the whole phase begins again with: lab reset {phase}"
    )
    print(message.format(phase=phase_number(done.workspace.name)))
