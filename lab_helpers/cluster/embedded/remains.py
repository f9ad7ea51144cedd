"""What of an embedded cluster outlives its processes on the host, and its removal."""

from __future__ import annotations

from pathlib import Path

from lab_helpers.cluster import control
from lab_helpers.cluster.embedded import cgroups, network
from lab_helpers.cluster.embedded.layout import EmbeddedLayout

__all__ = ["clean", "remove"]


def remove(name: str, directory: Path, record: Path) -> None:
    """Remove all that is left of a cluster whose processes are gone.

    Its specification is not read: another version of the lab may have written it, or somebody broken it.

    Args:
        name: The lab's name.
        directory: The cluster's.
        record: The cluster's.
    """
    clean(name, directory)
    control.forget(directory, record)


def clean(name: str, directory: Path) -> None:
    """Remove the link and the cgroups of a cluster whose processes are gone or dying."""
    layout = EmbeddedLayout(name, directory, network=0)  # no network has part in what is removed
    network.remove_link(layout.link)
    for cgroup in cgroups.beginning(layout.cgroups):
        cgroups.remove(cgroup)
