"""What builds images: Docker where its daemon answers, else buildah with a storage of the lab's own."""

from __future__ import annotations

import os
import shlex
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lab_helpers import container, shell
from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.files import once
from lab_helpers.images import registry as registries
from lab_helpers.images.endpoint import Endpoint, first_that_answers
from lab_helpers.images.layout import ImageLayout
from lab_helpers.language import gettext as _
from lab_helpers.paths import cache_directory, state_directory

if TYPE_CHECKING:
    from docker import DockerClient

__all__ = ["BuildahBuilder", "Builder", "DockerBuilder", "NoBuilder", "choose_builder", "find_storage"]

_DOCKER_SECONDS = 5  # what the daemon may take to say that it is there
_DOCKER_WORK_SECONDS = 600  # what it may take until it says something more: an image is gathered before it is sent


class NoBuilder(LabError):
    """Nothing on this machine builds images."""


class Builder(ABC):
    """Builds images into a storage of its own and hands them over as files.

    Attributes:
        program: What one types to do the same.
        docker_missing: Why it is not Docker; empty where it is, or where that was not looked for.
    """

    program: str
    docker_missing = ""

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
    def tag(self, reference: str, name: str) -> None:
        """Give an image of the storage another name."""

    @abstractmethod
    def save(self, reference: str, archive: Path) -> None:
        """Write an image as a file, as ``docker save`` does."""

    @abstractmethod
    def load(self, reference: str, archive: Path) -> None:
        """Take the image of a file that ``docker save`` or its like wrote."""

    @property
    def command(self) -> list[str]:
        """What one types, as arguments, to work with the same images."""
        return [self.program]

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
            layout = ImageLayout(Path(directory) / "layout")
            image = layout.add_docker_archive(reference, archive)
            return registries.push(layout, image, registry, *registry.locate(reference))


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
            raise _failed(error.output, reference, command, _("the image was not built")) from error

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


class DockerBuilder(Builder):
    """Builds with a Docker daemon.

    Args:
        client: A connected client.
    """

    program = "docker"

    def __init__(self, client: DockerClient) -> None:
        self._client = client

    def has(self, reference: str) -> bool:
        """Whether the daemon holds an image of that reference."""
        with _speaking(_("the daemon does not answer"), reference, f"docker images {shlex.quote(reference)}"):
            return bool(self._client.images.list(name=reference))

    def build(self, context: Path, reference: str, arguments: Mapping[str, str]) -> None:
        """Build the Dockerfile of a directory."""
        command = shlex.join(["docker", "build", "--tag", reference, str(context)])
        with _speaking(_("the image was not built"), reference, command):
            self._client.images.build(path=str(context), tag=reference, buildargs=dict(arguments), rm=True)

    def tag(self, reference: str, name: str) -> None:
        """Give an image of the daemon another name."""
        command = shlex.join(["docker", "tag", reference, name])
        with _speaking(_("the image got no other name"), reference, command):
            repository, _colon, tag = name.rpartition(":")
            self._client.images.get(reference).tag(repository, tag)

    def save(self, reference: str, archive: Path) -> None:
        """Write an image as a file."""
        command = shlex.join(["docker", "save", "--output", str(archive), reference])
        with _speaking(_("the image was not saved"), reference, command), archive.open("wb") as file:
            for chunk in self._client.images.get(reference).save(named=True):
                file.write(chunk)

    def load(self, reference: str, archive: Path) -> None:
        """Take the image of a file."""
        command = shlex.join(["docker", "load", "--input", str(archive)])
        with _speaking(_("the image was not loaded"), reference, command), archive.open("rb") as file:
            self._client.images.load(file)


def choose_builder() -> Builder:
    """What the lab builds with: Docker if its daemon answers, else buildah with a storage of the lab's own.

    Raises:
        LabError: Neither is here.
    """
    # In a container the cache lies on layers of its image, on which no others can be laid, and ends with it.
    root = state_directory() if container.is_container() else cache_directory()
    return _choose(root / "buildah")


def find_storage() -> Builder:
    """Where the images are that the user built: with Docker if its daemon answers, else with buildah or podman.

    Raises:
        LabError: Neither is here.
    """
    return _choose(None)


def _choose(storage: Path | None) -> Builder:
    try:
        return _choose_docker()
    except LabError as error:
        missing = f"{error.object}: {error.reason}"
    if shell.find("buildah") is not None:
        return BuildahBuilder(storage, missing)
    raise NoBuilder(
        _("nothing here builds images: no Docker daemon answers and there is no buildah"),
        object=_("images"),
        last_event=missing,
        next_step="apt-get install --no-install-recommends buildah",
    )


def _choose_docker() -> Builder:
    return DockerBuilder(first_that_answers(_connect))


def _connect(endpoint: Endpoint) -> DockerClient:
    import docker  # takes longer than all that is looked at before

    try:
        with closing(docker.from_env(environment=endpoint.environment, timeout=_DOCKER_SECONDS)):
            pass  # making a client asks the daemon for its version
        return docker.from_env(environment=endpoint.environment, timeout=_DOCKER_WORK_SECONDS)
    except docker.errors.DockerException as error:
        raise LabError(str(error)) from error


@contextmanager
def _speaking(failure: str, reference: str, command: str) -> Iterator[None]:
    """Turn what the docker package raises, and what is below it, into an error that ends with what to type."""
    from docker.errors import BuildError, DockerException

    try:
        yield
    except (DockerException, OSError) as error:
        log = error.build_log if isinstance(error, BuildError) else ()
        printed = "".join(str(entry.get("stream", "")) for entry in log)
        raise _failed(f"{printed}{error}", reference, command, failure) from error


def _buildah() -> Sequence[str]:
    # Root's mounts are made in a mount namespace of their own, so that they end with a buildah that dies.
    # Other users' are anyway: buildah makes itself a user namespace and a mount namespace with it.
    private = ["unshare", "--mount", "--propagation=private"] if os.geteuid() == 0 else []
    return [*private, "buildah"]


def _places(storage: Path, driver: str) -> Sequence[str]:
    return [f"--root={storage / driver}", f"--runroot={storage / 'run'}", f"--storage-driver={driver}"]


def _failed(printed: str, reference: str, command: str, reason: str) -> LabError:
    last = "\n".join(printed.strip().splitlines()[-20:])
    return LabError(reason, object=reference, last_event=last, next_step=command)
