"""What a lab may leave in Docker and on disk."""

from __future__ import annotations

from pathlib import Path

from lab_helpers import paths, shell, wait
from lab_helpers.cluster.kind.layout import Layout
from lab_helpers.errors import LabError


def remains(name: str) -> list[str]:
    """Everything of the lab that is still there, one line each."""
    layout = Layout(name, paths.state_directory(name) / "cluster")
    containers = docker("ps", "--all", f"--filter=name={layout.cluster}", "--format={{.Names}}")
    found = [f"container {one}" for one in containers]
    found += [f"process {line}" for line in processes(str(layout.directory))]
    found += [f"file {path}" for path in (layout.directory, layout.directory.parent / "record.json") if path.exists()]
    return found


def assert_nothing_remains(name: str, *, seconds: float = 30) -> None:
    """Fail with the list of what is still there; deleting a container takes Docker seconds."""

    def look() -> bool:
        found = remains(name)
        if found:
            raise LabError("\n".join(found))
        return True

    wait.until(look, seconds=seconds, what="be gone", object=f"lab {name}", every=0.2)


def docker(*arguments: str) -> list[str]:
    """The lines of an answer of Docker's command."""
    return shell.run(["docker", *arguments]).stdout.splitlines()


def processes(words: str) -> list[str]:
    """The processes with these words in their command, as ``pid command``."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if words in command:
                found.append(f"{entry.name} {command}")
    return found
