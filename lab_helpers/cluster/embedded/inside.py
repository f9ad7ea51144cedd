"""Run a program on the first node of an embedded cluster: its files and its name, this machine's network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lab_helpers import paths
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["command", "data_directory"]


def command(lab: str, argv: Sequence[str | Path]) -> list[str | Path]:
    """The command that runs another one on the node, as root.

    Args:
        lab: The lab's name.
        argv: The program and its arguments, as the node sees them.

    Raises:
        LabError: The cluster does not run.
    """
    namespaces = f"/proc/{_etcd(lab)}/ns"
    return ["nsenter", f"--mount={namespaces}/mnt", f"--uts={namespaces}/uts", "--", *argv]


def data_directory(lab: str) -> Path:
    """Where this machine has what the node sees as ``/data``."""
    return paths.cluster_directory(lab) / "node-1" / "data"


def _etcd(lab: str) -> int:
    """The process that is the cluster's etcd: it runs on the first node only, and names files of its own cluster."""
    own = f"={paths.cluster_directory(lab)}/"
    for process in Path("/proc").glob("[0-9]*"):
        try:
            program, *arguments = (process / "cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
        except OSError:  # it has ended
            continue
        if Path(program).name == "etcd" and any(own in argument for argument in arguments):
            return int(process.name)
    object_name = _("lab {name}").format(name=lab)
    raise LabError(_("its etcd does not run"), object=object_name, next_step=f"lab status --name {lab}")
