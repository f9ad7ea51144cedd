"""`lab reset`: a phase from its start again, for the learner and for the cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from lab_helpers.cli.options import Name, Progress
from lab_helpers.errors import LabError

__all__ = ["reset"]


def reset(
    phase: Annotated[str, typer.Argument(help="The phase by its number, as in 5, or by its notebook's name.")],
    name: Name = "lab",
) -> None:
    """Take learner and cluster back to the start of a phase; earlier work is kept aside."""
    from lab_helpers.cluster import choose
    from lab_helpers.workbook import steps
    from lab_helpers.workbook.resetting import reset as reset_phase

    outline = steps.load_phase(phase)
    cluster = choose.maker_of(name).attach(name)
    if cluster is None:
        raise LabError("has no running cluster to reset", object=f"lab {name}", next_step=f"lab open --name {name}")
    done = reset_phase(outline, cluster, Progress())
    print(f"{outline.notebook} is at its start again:")
    print(f"  cluster    {', '.join(outline.namespaces)} deleted, with all that was in them")
    print(f"  workspace  fresh: {done.workspace}")
    print(f"  progress   {len(outline.steps)} steps not begun")
    for kept in done.kept:
        print(f"  kept       your earlier work: {kept}")
    print("A page that has the notebook open: reload it (File > Reload Notebook from Disk), then run its first cells.")
