"""`lab reset`: a phase from its start again, for the learner and for the cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from lab_helpers.cli.options import Name, Progress
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["reset"]


def reset(
    phase: Annotated[str, typer.Argument(help=_("The phase by its number, as in 5, or by its notebook's name."))],
    name: Name = "lab",
) -> None:
    """Take learner and cluster back to the start of a phase; earlier work is kept aside."""
    from lab_helpers.cluster import choose
    from lab_helpers.workbook import steps
    from lab_helpers.workbook.resetting import reset as reset_phase

    outline = steps.load_phase(phase)
    cluster = choose.maker_of(name).attach(name)
    if cluster is None:
        called = _("lab {name}").format(name=name)
        raise LabError(_("has no running cluster to reset"), object=called, next_step=f"lab open --name {name}")
    done = reset_phase(outline, cluster, Progress())
    print(_("{notebook} is at its start again:").format(notebook=outline.notebook))
    print(
        _("  cluster    {namespaces} deleted, with all that was in them").format(
            namespaces=", ".join(outline.namespaces)
        )
    )
    print(_("  workspace  fresh: {workspace}").format(workspace=done.workspace))
    print(_("  progress   {count} steps not begun").format(count=len(outline.steps)))
    for kept in done.kept:
        print(_("  kept       your earlier work: {kept}").format(kept=kept))
    print(_("A page that has the notebook open becomes the fresh one by itself; then run its first two code cells."))
