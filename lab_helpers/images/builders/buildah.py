"""Images built by buildah, which needs no daemon."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab_helpers import shell
from lab_helpers.errors import CommandFailed
from lab_helpers.files import once
from lab_helpers.images.builders.base import Builder, failed
from lab_helpers.language import gettext as _

__all__ = ["BuildahBuilder"]


class BuildahBuilder(Builder):
    """Builds without a daemon, as root or not, and leaves the user's own containers alone.

    Args:
        storage: The directory of its images, made where it is missing; None for the user's own, which is podman's too.
        docker_missing: Why it is taken instead of Docker.
    """

    program = "buildah"

    def __init__(self, storage: Path | None, docker_missing: str = "") -> None:
        self._storage = storage
        self.docker_missing = docker_missing

    def has(self, reference: str) -> bool:
        """Whether the storage holds an image of that reference."""
        return self._run("images", "--quiet", reference, check=False).returncode == 0

    def build(self, context: Path, reference: str, arguments: Mapping[str, str]) -> None:
        """Build the Dockerfile of a directory, keeping its layers for the next build."""
        build_arguments = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        # A base that is here is used as it is; only one that is missing is looked for in its registry.
        options = ["--isolation=chroot", "--layers", "--pull=false", f"--tag={reference}", *build_arguments]
        try:
            self._run("build", *options, str(context))
        except CommandFailed as error:
            command = shlex.join(error.argv)
            raise failed(error.output, reference, command, _("the image was not built")) from error

    def tag(self, reference: str, name: str) -> None:
        """Give an image of the storage another name."""
        self._run("tag", reference, name)

    def save(self, reference: str, archive: Path) -> None:
        """Write an image as a file, as ``docker save`` does."""
        self._run("push", "--quiet", reference, f"docker-archive:{archive}:{reference}")

    def load(self, reference: str, archive: Path) -> None:
        """Take the image of a file."""
        self._run("pull", "--quiet", f"docker-archive:{archive}:{reference}")

    @property
    def command(self) -> list[str]:
        """What one types, as arguments, to work with the same images."""
        places = _places(self._storage, self._driver(self._storage)) if self._storage is not None else []
        return [*_buildah(), *places]

    def _run(self, *command: str, check: bool = True) -> shell.Completed:
        return shell.run([*self.command, *command], check=check)

    def _driver(self, storage: Path) -> str:
        # The kernel may refuse overlay on this file system; vfs always works, at a full copy for each layer.
        def choose(part: Path) -> None:
            overlay = shell.run([*_buildah(), *_places(storage, "overlay"), "info"], check=False)
            part.write_text("overlay" if overlay.returncode == 0 else "vfs")

        return once(storage / "driver", choose).read_text()


def _buildah() -> Sequence[str]:
    # Root's mounts are made in a mount namespace of their own, so that they end with a buildah that dies.
    # Other users' are anyway: buildah makes itself a user namespace and a mount namespace with it.
    private = ["unshare", "--mount", "--propagation=private"] if os.geteuid() == 0 else []
    return [*private, "buildah"]


def _places(storage: Path, driver: str) -> Sequence[str]:
    return [f"--root={storage / driver}", f"--runroot={storage / 'run'}", f"--storage-driver={driver}"]
