"""Where a cluster of containers keeps its files, and what its keeper is told."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from lab_helpers import files
from lab_helpers.cluster.layout import KeptLayout
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["DELETION_SECONDS", "DIGITS", "END_SECONDS", "DockerLayout", "DockerSpec"]

DIGITS = 6
"""By which the names of clusters differ that belong to labs of one name."""

END_SECONDS = 150.0
"""How long a keeper may take to delete its cluster: all its waits for Docker, one after the other."""

DELETION_SECONDS = END_SECONDS - 10
"""When it gives up, so that whoever waits for it hears why."""


@dataclass(frozen=True)
class DockerLayout(KeptLayout):
    """What one cluster owns.

    Args:
        name: The lab's name.
        directory: Where it keeps its files; removed with the cluster.
    """

    @property
    def cluster(self) -> str:
        """The cluster's name for the command that makes it, and in the names of its containers.

        All accounts that use a daemon share its names, and labs are called alike: their directories are not.
        """
        return f"lab-{self.name}-{hashlib.sha256(str(self.directory).encode()).hexdigest()[:DIGITS]}"

    @property
    def created(self) -> Path:
        """Holds the exit status of the command that makes the cluster, once it has ended."""
        return self.directory / "created"

    @property
    def is_created(self) -> bool:
        """Whether that command ended well: then Docker makes nothing more for it."""
        return self.created.exists() and self.created.read_text() == "0"


@dataclass(frozen=True)
class DockerSpec(ABC):
    """What a keeper is to run; plain values, so that a file holds them.

    Attributes:
        name: The lab's name.
        directory: What is removed when the cluster is deleted.
        record: The record that is removed with it.
        program: The program that makes and deletes the cluster.
        image: The node image.
        docker: The variables that lead to the daemon it is made on, whatever Docker context counts later.
    """

    name: str
    directory: str
    record: str
    program: str
    image: str
    docker: Mapping[str, str] = field(default_factory=dict, kw_only=True)

    @property
    def layout(self) -> DockerLayout:
        """Where the cluster lives."""
        return DockerLayout(self.name, Path(self.directory))

    @abstractmethod
    def create_command(self) -> Sequence[str]:
        """Create the cluster."""

    @abstractmethod
    def delete_command(self) -> Sequence[str]:
        """Delete the cluster; none is no error."""

    @abstractmethod
    def environment(self) -> Mapping[str, str]:
        """What every call of the program needs, so that it neither reads nor writes what is the user's."""

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        files.write(path, json.dumps(asdict(self), indent=2))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what ``write`` wrote.

        Raises:
            LabError: It cannot be read as that.
        """
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError) as error:
            layout = DockerLayout(path.parent.parent.name, path.parent)
            mend = f"docker rm --force --volumes $(docker ps --all --quiet --filter name={layout.cluster}); rm {path}"
            again = _("then again: {command}").format(command=f"lab down --name {layout.name}")
            raise LabError(
                _("does not say what was made: {error}").format(error=error),
                object=str(path),
                next_step=f"{mend}   # {again}",
            ) from error
