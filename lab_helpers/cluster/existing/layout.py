"""Where the lab keeps what it needs for a cluster that is not its own, and who holds that."""

from __future__ import annotations

import fcntl
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from lab_helpers import locks

__all__ = ["ExistingLayout"]


@dataclass(frozen=True)
class ExistingLayout:
    """What one lab owns on this machine.

    Args:
        name: The lab's name.
        directory: Where it keeps its files; removed with the lab.
    """

    name: str
    directory: Path

    @property
    def kubeconfig(self) -> Path:
        """The one context, for this lab alone."""
        return self.directory / "kubeconfig"

    @property
    def registry(self) -> Path:
        """How to reach the user's registry."""
        return self.directory / "registry"

    @property
    def territory(self) -> Path:
        """Where the lab works, and what it makes there."""
        return self.directory / "territory.json"

    def hold(self) -> TextIO:
        """Hold the lab until the file is closed, or this process ends, however it ends."""
        file = self._hold.open("w")
        fcntl.flock(file, fcntl.LOCK_EX)
        return file

    @property
    def is_held(self) -> bool:
        """Whether the process that holds it lives."""
        return locks.is_held(self._hold)

    @property
    def _hold(self) -> Path:
        return self.directory / "held"
