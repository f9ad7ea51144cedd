"""What a lab may leave in Docker and on disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
from docker import DockerClient

from lab_helpers import paths, wait
from lab_helpers.cluster.kind.layout import KindLayout
from lab_helpers.errors import LabError


def remains(name: str) -> list[str]:
    """Everything of the lab that is still there, one line each."""
    layout = located(name)
    with daemon() as client:
        containers = client.containers.list(all=True, ignore_removed=True, filters={"name": f"^{layout.cluster}-"})
        networks = client.networks.list(names=[f"^{layout.cluster}$"])
    lines = [f"container {item.name}" for item in containers] + [f"network {item.name}" for item in networks]
    lines += [f"process {line}" for line in processes(str(layout.directory), f"--name {layout.cluster}-")]
    lines += [f"file {path}" for path in (layout.directory, layout.directory.parent / "record.json") if path.exists()]
    return lines


def located(name: str) -> KindLayout:
    """Where the lab's cluster lies, and what it is called."""
    return KindLayout(name, paths.state_directory(name) / "cluster")


def assert_nothing_remains(name: str, *, seconds: float = 30) -> None:
    """Fail with the list of what is still there; deleting a container takes Docker seconds."""

    def look() -> bool:
        lines = remains(name)
        if lines:
            raise LabError("\n".join(lines))
        return True

    wait.until(look, seconds=seconds, outcome="be gone", object=f"lab {name}", every=0.2)


@contextmanager
def daemon() -> Iterator[DockerClient]:
    """Docker's daemon, as the environment names it."""
    client = docker.from_env()
    try:
        yield client
    finally:
        client.close()


def processes(*words: str) -> list[str]:
    """The processes with one of these words in their command, as ``pid command``."""
    matches = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if any(word in command for word in words):
                matches.append(f"{entry.name} {command}")
    return matches
