"""`lab down`: delete a cluster."""

from __future__ import annotations

from lab_helpers import paths
from lab_helpers.cli.options import Language, Name, Progress
from lab_helpers.language import gettext as _

__all__ = ["down"]


def down(name: Name = "lab", language: Language = None) -> None:
    """Delete the cluster and all it owns, or let go of one that was there; the learner's workspace stays."""
    from lab_helpers.cli import jupyter
    from lab_helpers.cluster import choose
    from lab_helpers.cluster.mending import mend
    from lab_helpers.cluster.sweep import sweep

    progress = Progress()
    mend(name)
    choose.maker_of(name).delete(name)
    sweep(progress)
    progress(_("lab {name}: nothing of it is left on a cluster").format(name=name))
    workspace = paths.workspace_directory(name)
    if workspace.exists():
        print(_("your files stay in {directory}").format(directory=workspace))
    if jupyter.find_running(workspace) is not None:
        print(_("its room is still open: the first two code cells of a notebook there make a new cluster"))
