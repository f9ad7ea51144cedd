"""What builds images: Docker where its daemon answers, else buildah with a storage of the lab's own."""

from __future__ import annotations

import os
import shlex
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from lab_helpers import shell
from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.images import registry as registries
from lab_helpers.images.layout import Layout
from lab_helpers.images.stored import once
from lab_helpers.language import gettext as _
from lab_helpers.paths import cache_directory

if TYPE_CHECKING:
    from docker import DockerClient

__all__ = ["BuildahBuilder", "Builder", "DockerBuilder", "choose_builder", "find_storage"]

_DOCKER_SOCKET = Path("/var/run/docker.sock")
_DOCKER_SECONDS = 5  # what the daemon may take to say that it is there
_DOCKER_WORK_SECONDS = 600  # what it may take until it says something more: an image is gathered before it is sent


class Builder(ABC):
    """Builds images into a storage of its own and hands them over as files.

    Attributes:
        program: What one types to do the same.
    """

    program: str

    @abstractmethod
    def has(self, reference: str) -> bool:
        """Whether the storage holds an image of that reference."""

    @abstractmethod
    def build(self, context: Path, reference: str, arguments: Mapping[str, str]) -> None:
        """Build the Dockerfile of a directory.

        Args:
            context: The directory; its Dockerfile is called ``Dockerfile``.
            reference: What the image is called.
            arguments: Build arguments (``ARG``); they stay visible in the image, so never a secret.

        Raises:
            LabError: The build failed; the last event is the end of what it printed.
        """

    @abstractmethod
    def save(self, reference: str, archive: Path) -> None:
        """Write an image as a file, as ``docker save`` does."""

    def push(self, reference: str, registry: registries.Registry) -> str:
        """Push an image to the registry its reference names, and return its digest there.

        The image goes from this process to the registry's address. Neither builder does it itself: Docker's
        daemon would have to be told, for the whole machine, to trust the lab's registry.

        Raises:
            LabError: The reference names another registry, or this one does not take the image.
        """
        with tempfile.TemporaryDirectory() as directory:
            archive = Path(directory) / "image.tar"
            self.save(reference, archive)
            layout = Layout(Path(directory) / "layout")
            image = layout.add_docker_archive(reference, archive)
            return registries.push(layout, image, registry, *registry.locate(reference))


class BuildahBuilder(Builder):
    """Builds without a daemon, as root or not, and leaves the user's own containers alone.

    Args:
        storage: The directory of its images, made where it is missing; None for the user's own, which is podman's too.
    """

    program = "buildah"

    def __init__(self, storage: Path | None) -> None:
        self._storage = storage

    def has(self, reference: str) -> bool:
        """Whether the storage holds an image of that reference."""
        return self._run("images", "--quiet", reference, check=False).returncode == 0

    def build(self, context: Path, reference: str, arguments: Mapping[str, str]) -> None:
        """Build the Dockerfile of a directory, keeping its layers for the next build."""
        given = [f"--build-arg={name}={value}" for name, value in arguments.items()]
        # A base that is here is used as it is; only one that is missing is looked for in its registry.
        options = ["--isolation=chroot", "--layers", "--pull=false", f"--tag={reference}", *given]
        try:
            self._run("build", *options, str(context))
        except CommandFailed as error:
            raise _failed(reference, error.output, shlex.join(error.argv)) from error

    def save(self, reference: str, archive: Path) -> None:
        """Write an image as a file, as ``docker save`` does."""
        self._run("push", "--quiet", reference, f"docker-archive:{archive}:{reference}")

    def _run(self, *command: str, check: bool = True) -> shell.Completed:
        places = _places(self._storage, self._driver(self._storage)) if self._storage is not None else []
        return shell.run([*_buildah(), *places, *command], check=check)

    def _driver(self, storage: Path) -> str:
        # The kernel may refuse overlay on this file system; vfs always works, at a full copy for each layer.
        def choose(part: Path) -> None:
            overlay = shell.run([*_buildah(), *_places(storage, "overlay"), "info"], check=False)
            part.write_text("overlay" if overlay.returncode == 0 else "vfs")

        return once(storage / "driver", choose).read_text()


class DockerBuilder(Builder):
    """Builds with the Docker daemon of this machine.

    Args:
        client: A connected client.
    """

    program = "docker"

    def __init__(self, client: DockerClient) -> None:
        self._client = client

    def has(self, reference: str) -> bool:
        """Whether the daemon holds an image of that reference."""
        return bool(self._client.images.list(name=reference))

    def build(self, context: Path, reference: str, arguments: Mapping[str, str]) -> None:
        """Build the Dockerfile of a directory."""
        from docker.errors import APIError, BuildError

        command = shlex.join(["docker", "build", "--tag", reference, str(context)])
        try:
            self._client.images.build(path=str(context), tag=reference, buildargs=dict(arguments), rm=True)
        except BuildError as error:
            printed = "".join(str(entry.get("stream", "")) for entry in error.build_log)
            raise _failed(reference, f"{printed}{error.msg}", command) from error
        except APIError as error:
            raise _failed(reference, str(error), command) from error

    def save(self, reference: str, archive: Path) -> None:
        """Write an image as a file."""
        with archive.open("wb") as file:
            for chunk in self._client.images.get(reference).save(named=True):
                file.write(chunk)


def choose_builder() -> Builder:
    """What the lab builds with: Docker if its daemon answers, else buildah with a storage of the lab's own.

    Raises:
        LabError: Neither is here.
    """
    return _choose(cache_directory() / "buildah")


def find_storage() -> Builder:
    """Where the images are that the user built: with Docker if its daemon answers, else with buildah or podman.

    Raises:
        LabError: Neither is here.
    """
    return _choose(None)


def _choose(storage: Path | None) -> Builder:
    client = _docker()
    if client is not None:
        return DockerBuilder(client)
    if shell.find("buildah") is not None:
        return BuildahBuilder(storage)
    raise LabError(
        _("nothing here builds images: no Docker daemon answers and there is no buildah"),
        object=_("images"),
        next_step="apt-get install --no-install-recommends buildah",
    )


def _docker() -> DockerClient | None:
    # Looked for before the SDK is imported, which takes longer than everything else here.
    if "DOCKER_HOST" not in os.environ and not _DOCKER_SOCKET.exists():
        return None
    import docker

    try:
        with closing(docker.from_env(timeout=_DOCKER_SECONDS)) as client:
            client.ping()
    except docker.errors.DockerException:
        return None
    return docker.from_env(timeout=_DOCKER_WORK_SECONDS)


def _buildah() -> Sequence[str]:
    # Root's mounts are made in a mount namespace of their own, so that they end with a buildah that dies.
    # Other users' are anyway: buildah makes itself a user namespace and a mount namespace with it.
    private = ["unshare", "--mount", "--propagation=private"] if os.geteuid() == 0 else []
    return [*private, "buildah"]


def _places(storage: Path, driver: str) -> Sequence[str]:
    return [f"--root={storage / driver}", f"--runroot={storage / 'run'}", f"--storage-driver={driver}"]


def _failed(reference: str, printed: str, command: str) -> LabError:
    last = "\n".join(printed.strip().splitlines()[-20:])
    return LabError(_("the image was not built"), object=reference, last_event=last, next_step=command)
