"""A running k3d cluster in the hands of the process that made it, or found by its record."""

from __future__ import annotations

import subprocess

from lab_helpers.cluster.containers.layout import END_SECONDS
from lab_helpers.cluster.k3d import remains
from lab_helpers.cluster.k3d.layout import K3dLayout
from lab_helpers.cluster.kept import KeptCluster

__all__ = ["K3dCluster"]


class K3dCluster(KeptCluster):
    """One k3d cluster.

    Args:
        layout: What it owns.
        keeper: The keeper this process started and whose pipe it holds; None for a cluster found by its record.
    """

    provider = "k3d"

    def __init__(self, layout: K3dLayout, keeper: subprocess.Popen[str] | None = None) -> None:
        super().__init__(layout, keeper, end_seconds=END_SECONDS, remove_remains=lambda: remains.remove(layout))
