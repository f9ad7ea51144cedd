"""Images built by a Docker daemon."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lab_helpers.errors import LabError
from lab_helpers.images.builders.base import Builder, failed
from lab_helpers.images.endpoint import Endpoint, first_that_answers
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from docker import DockerClient

__all__ = ["DockerBuilder"]

_ANSWER_SECONDS = 5  # what the daemon may take to say that it is there
_WORK_SECONDS = 600  # what it may take until it says something more: an image is gathered before it is sent


class DockerBuilder(Builder):
    """Builds with a Docker daemon.

    Args:
        client: A connected client.
    """

    program = "docker"

    def __init__(self, client: DockerClient) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> DockerBuilder:
        """The builder of the first daemon that answers, of those that this user means.

        Raises:
            LabError: None does.
        """
        return cls(first_that_answers(_connect))

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


def _connect(endpoint: Endpoint) -> DockerClient:
    import docker  # takes longer than all that is looked at before

    try:
        with closing(docker.from_env(environment=endpoint.environment, timeout=_ANSWER_SECONDS)):
            pass  # making a client asks the daemon for its version
        return docker.from_env(environment=endpoint.environment, timeout=_WORK_SECONDS)
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
        raise failed(f"{printed}{error}", reference, command, failure) from error
