"""`lab down`: delete a cluster."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from lab_helpers import paths
from lab_helpers.cli.options import Language, Name, ProgressPrinter
from lab_helpers.cluster.names import DEFAULT_NAME
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["down"]


def down(
    context: typer.Context,
    name: Name = DEFAULT_NAME,
    workspace: Annotated[
        bool, typer.Option("--workspace", help=_("Delete the learner's files and progress too; requires --name."))
    ] = False,
    language: Language = None,
) -> None:
    """Delete the cluster, or detach from an existing one; the learner's workspace stays."""
    from lab_helpers.cli import jupyter
    from lab_helpers.cluster import choose
    from lab_helpers.cluster.mending import mend
    from lab_helpers.cluster.sweep import sweep

    source = context.get_parameter_source("name")
    if workspace and (source is None or source.name != "COMMANDLINE"):
        text = _("whose files are to be deleted has to be said by name")
        raise LabError(text, object="--workspace", next_step=f"lab down --name {name} --workspace")
    progress = ProgressPrinter()
    mend(name)
    choose.maker_of(name).delete(name)
    sweep(progress)
    progress(_("lab {name}: nothing of it is left on a cluster").format(name=name))
    room_is_open = jupyter.find_running(name) is not None
    directory = paths.workspace_directory(name)
    if workspace:
        message = _("deleted, with all that was kept in it: {directory}")
        print(
            (message if _delete_workspace(name) else _("there was nothing in {directory}")).format(directory=directory)
        )
    elif directory.exists():
        print(_("your files stay in {directory}").format(directory=directory))
        print(_("to delete them too, type: lab down --name {name} --workspace").format(name=name))
    if room_is_open:
        print(_("its room is still open: the first two code cells of a notebook there make a new cluster"))


def _delete_workspace(name: str) -> bool:
    """Delete a learner's workspace, progress and room; whether there was any."""
    was_there = False
    for directory in (paths.workspace_directory(name), paths.progress_directory(name), paths.room_directory(name)):
        try:
            shutil.rmtree(directory)
            was_there = True
        except FileNotFoundError:
            continue
        except OSError as error:
            reason = _("cannot be deleted: {reason}").format(reason=error.strerror or error)
            raise LabError(reason, object=str(error.filename or directory), next_step=f"ls -ld {directory}") from error
    return was_there
