"""What a drill keeps that is not lost with its cluster: Deploy repository, backup, and the key that opens it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import files, locks, paths
from lab_helpers.cluster.base import State
from lab_helpers.cluster.choose import provider
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["DrillDirectory"]


@dataclass(frozen=True)
class DrillDirectory:
    """The directory of a drill.

    Attributes:
        name: Its name, and that of the lab that it makes and destroys.
    """

    name: str

    @property
    def path(self) -> Path:
        """Where it lies."""
        return paths.state_directory() / "drills" / self.name

    @property
    def backups(self) -> Path:
        """Where the backup lies."""
        return self.path / "backups"

    @property
    def backup(self) -> Path:
        """The backup; its directory where there is none yet."""
        return next(self.backups.glob("k3s-*"), self.backups)

    @property
    def has_backup(self) -> bool:
        """Whether there is a backup to go on with, and what is to come back is known."""
        return self.backup.is_file() and self.markers.is_file()

    @property
    def identity(self) -> Path:
        """The private key that opens the backup."""
        return self.path / "age.key"

    @property
    def markers(self) -> Path:
        """What is to come back."""
        return self.path / "markers.json"

    @property
    def loss(self) -> float | None:
        """When the cluster was lost, as seconds since the epoch; None where it has not been."""
        return float(self._loss.read_text(encoding="utf-8")) if self._loss.is_file() else None

    @property
    def _loss(self) -> Path:
        return self.path / "lost-at"

    @property
    def repository(self) -> Path:
        """The Deploy repository, without a working tree."""
        return self.path / "infra.git"

    @property
    def tree(self) -> Path:
        """A clone of it."""
        return self.path / "infra"

    @property
    def programs(self) -> Path:
        """Where scripts find their programs."""
        return self.path / "bin"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other drills of this name away.

        Raises:
            LabError: One is running.
        """
        lock, step = self.path.with_name(f"{self.name}.lock"), f"lab drill rebuild --name {self.name}-2"
        object_name = _("drill {name}").format(name=self.name)
        with locks.hold(lock, "lab drill rebuild", object=object_name, next_step=step):
            yield

    def keep_loss(self) -> None:
        """Write down that the cluster is lost from now on.

        Raises:
            Unwritable: It could not be written down.
        """
        files.write(self._loss, str(time.time()))

    def expect_backup(self) -> None:
        """Make sure that there is a backup to go on with.

        Raises:
            LabError: There is none.
        """
        if not self.has_backup:
            step = f"lab drill rebuild --name {self.name}"
            raise LabError(_("there is no backup to go on with"), object=str(self.path), next_step=step)

    def create(self) -> None:
        """Make it, where neither a lab of that name is there nor the backup of a drill that ended halfway.

        Raises:
            LabError: One is; a drill destroys a cluster of its own only.
        """
        if provider("embedded").state(self.name) is not State.ABSENT or paths.state_directory(self.name).exists():
            raise LabError(
                _("is there, and a drill destroys no cluster but its own"),
                object=_("lab {name}").format(name=self.name),
                next_step=f"lab drill rebuild --name {self.name}-2",
            )
        if self.has_backup:
            step = f"lab drill rebuild --name {self.name} --resume   # rm -r {self.path}"
            raise LabError(_("holds the backup of a drill that ended halfway"), object=str(self.path), next_step=step)
        if self.path.exists():  # of a drill that was killed before it came to a backup
            shutil.rmtree(self.path)
        self.backups.mkdir(mode=0o700, parents=True)
