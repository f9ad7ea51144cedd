"""A running kind cluster in the hands of the process that made it, or found by its record."""

from __future__ import annotations

import subprocess

from lab_helpers.cluster.containers.layout import END_SECONDS
from lab_helpers.cluster.kept import KeptCluster
from lab_helpers.cluster.kind import keeper as keepers
from lab_helpers.cluster.kind.layout import KindLayout

__all__ = ["KindCluster"]


class KindCluster(KeptCluster):
    """One kind cluster.

    Args:
        layout: What it owns.
        keeper: The keeper this process started and whose pipe it holds; None for a cluster found by its record.
    """

    provider = "kind"

    def __init__(self, layout: KindLayout, keeper: subprocess.Popen[str] | None = None) -> None:
        super().__init__(layout, keeper, end_seconds=END_SECONDS, remove_remains=lambda: keepers.remove_remains(layout))
