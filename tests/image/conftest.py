"""Containers of the lab's image, each with a volume of its own; all are gone at the end of a test."""

from __future__ import annotations

import os
import re
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab_helpers import shell, wait

OPEN_SECONDS = 180.0
_ADDRESS = re.compile(r"http://127\.0\.0\.1:8888/\S+token=\w+")


@pytest.fixture(scope="session")
def image() -> str:
    """What the image is called; Docker has it."""
    reference = os.environ.get("LAB_IMAGE", "")
    if not reference or shell.run(["docker", "image", "inspect", reference], check=False).returncode != 0:
        pytest.fail("Docker has no image of the lab; next: make test-image")
    return reference


class Container:
    """Runs the image again and again with one volume.

    Args:
        image: What it is called.
    """

    def __init__(self, image: str) -> None:
        self._image = image
        self.name = f"lab-test-{uuid.uuid4().hex[:8]}"

    def run(self, *verb: str, options: tuple[str, ...] = ("--privileged",)) -> subprocess.CompletedProcess[str]:
        """Run a verb of the lab to its end."""
        command = ["docker", "run", "--rm", *options, "--volume", f"{self.name}:/home", self._image, *verb]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def open(self, *options: str) -> str:
        """Open the room; returns its address once that is printed."""
        published = [] if "none" in options else ["--publish=127.0.0.1:8888:8888"]
        volume = ["--volume", f"{self.name}:/home"]
        shell.run(
            [
                "docker",
                "run",
                "--detach",
                "--privileged",
                f"--name={self.name}",
                *published,
                *volume,
                *options,
                self._image,
            ]
        )
        return wait.until(self._address, seconds=OPEN_SECONDS, outcome="open", object=self.name, last_event=self.log)

    def lab(self, *arguments: str) -> str:
        """What a command in the running container prints."""
        return shell.run(["docker", "exec", self.name, *arguments]).stdout

    def copy(self, path: str, directory: Path) -> Path:
        """Copy one of its files into a directory of this machine; returns the copy."""
        shell.run(["docker", "cp", f"{self.name}:{path}", directory])
        return directory / Path(path).name

    def enter_network(self) -> list[str]:
        """The command that runs another one in its network, where its room is served."""
        key = shell.run(["docker", "inspect", "--format={{.Id}}", self.name]).stdout.strip()
        # Not .State.Pid: the daemon may count in a process namespace of its own.
        processes = [path for path in Path("/proc").glob("[0-9]*") if key in _cgroups_of(path)]
        return ["nsenter", f"--net={min(processes, key=_started)}/ns/net", "--"]

    def log(self) -> str:
        """What it has printed."""
        done = shell.run(["docker", "logs", self.name], check=False)
        return done.stdout + done.stderr

    def end(self, how: str) -> int:
        """``stop`` or ``kill`` it, remove it, and return its exit status; the volume stays."""
        shell.run(["docker", how, self.name])
        status = shell.run(["docker", "inspect", "--format={{.State.ExitCode}}", self.name]).stdout
        shell.run(["docker", "rm", self.name])
        return int(status)

    def remove(self) -> None:
        """Remove it and its volume."""
        shell.run(["docker", "rm", "--force", self.name], check=False)
        shell.run(["docker", "volume", "rm", "--force", self.name], check=False)

    def _address(self) -> str | None:
        state = shell.run(["docker", "inspect", "--format={{.State.Running}}", self.name]).stdout.strip()
        assert state == "true", self.log()
        match = _ADDRESS.search(self.log())
        return match.group(0) if match else None


def _cgroups_of(process: Path) -> str:
    try:
        return (process / "cgroup").read_text(encoding="utf-8")
    except OSError:  # it has ended
        return ""


def _started(process: Path) -> int:
    """When it started, in clock ticks since boot; proc(5), the 22nd field."""
    return int((process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])


@pytest.fixture
def container(image: str) -> Iterator[Container]:
    """A container to be started."""
    container = Container(image)
    yield container
    container.remove()
