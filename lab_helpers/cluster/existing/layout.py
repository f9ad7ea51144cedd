"""Where the lab keeps what it needs for a cluster that is not its own, and who holds that."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from lab_helpers import locks
from lab_helpers.cluster.layout import ClusterLayout

__all__ = ["ExistingLayout"]


@dataclass(frozen=True)
class ExistingLayout(ClusterLayout):
    """What one lab owns on this machine.

    Args:
        name: The lab's name.
        directory: Where it keeps its files; removed with the lab.
    """

    @property
    def territory(self) -> Path:
        """Where the lab works, and what it makes there."""
        return self.directory / "territory.json"

    def hold(self) -> TextIO:
        """Hold the lab until the file is closed, or this process ends, however it ends."""
        file = self._hold.open("w")
        locks.lock(file)
        return file

    @property
    def is_held(self) -> bool:
        """Whether the process that holds it lives."""
        return locks.is_held(self._hold)

    @property
    def _hold(self) -> Path:
        return self.directory / "held"
