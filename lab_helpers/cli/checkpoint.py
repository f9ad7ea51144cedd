"""`lab checkpoint`: keep a whole lab as it is, and take it back there."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from lab_helpers.cli.options import Language, ProgressPrinter, RunningName
from lab_helpers.cli.resuming import resumable
from lab_helpers.cli.verbs import add
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from lab_helpers.cluster.base import Cluster

__all__ = ["app"]

app = typer.Typer(
    help=_("Keep a whole lab as it is, cluster, volumes, registry and files, and take it back there in seconds."),
    no_args_is_help=True,
)

CheckpointName = Annotated[str, typer.Argument(metavar="CHECKPOINT", help=_("What it is called."))]


def save(checkpoint: CheckpointName, name: RunningName = None, language: Language = None) -> None:
    """Keep a lab as it is now: objects, volumes, registry, workspace, progress; its pods stand still for a moment."""
    from lab_helpers.workbook.session import checkpoints

    saved = checkpoints.save(_cluster(name), checkpoint)
    message = _("checkpoint {checkpoint} is kept: {size} in {seconds:.1f} s")
    print(message.format(checkpoint=checkpoint, size=_size(saved.bytes), seconds=saved.seconds))


def restore(checkpoint: CheckpointName, name: RunningName = None, language: Language = None) -> None:
    """Take a lab back to a checkpoint; what was made since is gone from the cluster, and your files are kept aside."""
    from lab_helpers.cluster.at_hand import resolve_name, running
    from lab_helpers.cluster.readiness import wait_ready_again
    from lab_helpers.workbook.session import checkpoints

    progress, begun, cluster = ProgressPrinter(), time.time(), running(resolve_name(name))
    command = f"lab checkpoint restore {checkpoint} --name {cluster.name}"
    with resumable(_("checkpoint {name}").format(name=checkpoint), _half_restored(), command, cluster.name):
        restored = checkpoints.restore(cluster, checkpoint, progress)
    print(
        _("checkpoint {checkpoint} is back after {seconds:.1f} s").format(
            checkpoint=checkpoint, seconds=progress.seconds
        )
    )
    if restored.aside is not None:
        print(_("your files as they were before are in {directory}").format(directory=restored.aside))
    wait_ready_again(cluster, restored.checkpoint.ready, begun)
    print(_("its pods are Ready after {seconds:.1f} s").format(seconds=progress.seconds))


def list_checkpoints(
    name: RunningName = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print as JSON."))] = False,
    language: Language = None,
) -> None:
    """List the checkpoints of a lab, the oldest first, with what each takes on the disk."""
    from lab_helpers.workbook.display.tables import Table
    from lab_helpers.workbook.session.checkpoints import checkpoints_of

    checkpoints = checkpoints_of(_cluster(name)).list()
    if as_json:
        print(json.dumps([vars(checkpoint) for checkpoint in checkpoints], indent=2))
        return
    rows = [[each.name, _moment(each.created), _size(each.bytes)] for each in checkpoints]
    print(Table([_("CHECKPOINT"), _("KEPT AT"), _("SIZE")], rows))


def remove(checkpoint: CheckpointName, name: RunningName = None, language: Language = None) -> None:
    """Remove a checkpoint; the lab stays as it is."""
    from lab_helpers.workbook.session.checkpoints import checkpoints_of

    checkpoints_of(_cluster(name)).remove(checkpoint)
    print(_("nothing of checkpoint {checkpoint} is left").format(checkpoint=checkpoint))


def _cluster(name: str | None) -> Cluster:
    from lab_helpers.cluster.at_hand import attached, resolve_name

    return attached(resolve_name(name))


def _half_restored() -> str:
    return _("interrupted; the lab may be only partly back")


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(sep=" ", timespec="seconds")


add(app, save)
add(app, restore)
add(app, list_checkpoints, "list")
add(app, remove)
