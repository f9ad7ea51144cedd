"""The cgroup of a node: made before it starts and removed after it ends, on cgroup v1 and v2 alike."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab_helpers import wait
from lab_helpers.errors import LabError

__all__ = ["ROOT", "beginning", "create", "frozen", "hierarchies", "is_unified", "remove"]

ROOT = Path("/sys/fs/cgroup")
_OWN = "init"  # as other images call it that run clusters in containers
_SELF = Path("/proc/self/cgroup")
# What a cgroup weighs by default, on cgroup v1 and v2, by what that file calls the hierarchy.
_WEIGHTS = {"cpu": ("cpu.shares", 1024), "": ("cpu.weight", 100)}
_PROGRAMS = 8  # of a node


def is_unified(root: Path = ROOT) -> bool:
    """Whether this machine has cgroup v2 alone."""
    return (root / "cgroup.controllers").exists()


def hierarchies(root: Path = ROOT) -> list[Path]:
    """The directories below which a cgroup has to exist: one with v2, one a controller with v1."""
    if is_unified(root):
        return [root]
    # cpu and cpuacct may be links to one hierarchy; `unified` is v2 beside v1: no controllers, but runtimes use it.
    directories = (entry for entry in sorted(root.iterdir()) if entry.is_dir() and not entry.is_symlink())
    return [entry for entry in directories if (entry / "cgroup.procs").exists()]


def create(cgroup: str, root: Path = ROOT, own: Path = _SELF) -> None:
    """Make a node's cgroup with every controller the kubelet needs; an existing one is taken as it is.

    Args:
        cgroup: Its path, one name.
        root: Where cgroups are mounted.
        own: The file that names the cgroups of this process.
    """
    for hierarchy in hierarchies(root):
        directory = hierarchy / cgroup.lstrip("/")
        directory.mkdir(exist_ok=True)
        if is_unified(root):
            _vacate(hierarchy)
            _delegate(hierarchy, (hierarchy / "cgroup.controllers").read_text().split())
            _delegate(directory, (directory / "cgroup.controllers").read_text().split())
        elif (directory / "cpuset.cpus").exists():
            # A v1 cpuset starts empty, and nothing can run in an empty one.
            for file in ("cpuset.cpus", "cpuset.mems"):
                (directory / file).write_text((hierarchy / file).read_text())
        _weigh(directory, own)


def _weigh(directory: Path, own: Path) -> None:
    """Give pods their part of the processors beside programs that are in no cgroup.

    Where the node's programs run in the topmost cgroup, each of them weighs as much as all pods of the node together
    (sched(7), autogroup); where there are slices, pods weigh as much as all programs of a slice, and that is left so.
    """
    for _number, names, path in (line.split(":", 2) for line in own.read_text().splitlines()):
        for file, weight in (_WEIGHTS[name] for name in names.split(",") if name in _WEIGHTS):
            if path == "/" and (directory / file).exists():
                (directory / file).write_text(str(_PROGRAMS * weight))


def beginning(prefix: str, root: Path = ROOT) -> list[str]:
    """The cgroups whose path begins so, in whichever hierarchy."""
    paths = {path.name for hierarchy in hierarchies(root) for path in hierarchy.glob(f"{prefix.lstrip('/')}*")}
    return [f"/{name}" for name in sorted(paths)]


@contextmanager
def frozen(cgroup: str, root: Path = ROOT, *, seconds: float = 5) -> Iterator[None]:
    """Let no process in a cgroup, or below it, do anything inside the context; told to a log, so in English.

    Raises:
        LabError: This machine has no freezer.
        WaitTimeout: One of them does not stop.
    """
    switch, on, state, stopped = _freezer(cgroup, root)
    if not switch.exists():
        raise LabError("cannot be frozen: this machine's cgroups have no freezer", object=cgroup)
    try:
        switch.write_text(on)
        wait.until(lambda: stopped in state.read_text(), seconds=seconds, outcome="freeze", object=cgroup, every=0.005)
        yield
    finally:
        _thaw(cgroup, root)


def _freezer(cgroup: str, root: Path) -> tuple[Path, str, Path, str]:
    """Where a cgroup is frozen and by what word, and the file that then has which word."""
    if is_unified(root):
        directory = root / cgroup.lstrip("/")
        return directory / "cgroup.freeze", "1", directory / "cgroup.events", "frozen 1"
    state = root / "freezer" / cgroup.lstrip("/") / "freezer.state"
    return state, "FROZEN", state, "FROZEN"


def _thaw(cgroup: str, root: Path) -> None:
    switch, _on, _state, _stopped = _freezer(cgroup, root)
    with suppress(FileNotFoundError):
        if switch.exists():
            switch.write_text("0" if is_unified(root) else "THAWED")


def remove(cgroup: str, root: Path = ROOT, *, seconds: float = 5) -> None:
    """Remove a node's cgroup and all below it; processes that are still dying in it are waited for.

    Raises:
        WaitTimeout: A process in it did not end.
    """
    _thaw(cgroup, root)  # whoever froze it may have been killed, and no frozen process of cgroup v1 dies
    for hierarchy in hierarchies(root):
        directory = hierarchy / cgroup.lstrip("/")
        wait.until(
            lambda directory=directory: _try_remove(directory),  # type: ignore[misc]
            seconds=seconds,
            outcome="become empty",
            object=str(directory),
            next_step=f"cat {directory}/cgroup.procs",
            every=0.01,
        )


def _vacate(root: Path) -> None:
    """Move the processes of a container out of its topmost cgroup: with some in it, v2 gives its children nothing.

    The topmost cgroup of a machine is free of that rule, and the only one without a type.
    """
    if (root / "cgroup.type").exists():
        (root / _OWN).mkdir(exist_ok=True)
        for pid in (root / "cgroup.procs").read_text().split():
            with suppress(ProcessLookupError):  # it has ended since
                (root / _OWN / "cgroup.procs").write_text(pid)


def _delegate(directory: Path, controllers: list[str]) -> None:
    # All at once fails if one cannot be had (`rdma`, `misc`), so one write each (cgroups(7), subtree_control).
    control = directory / "cgroup.subtree_control"
    for controller in controllers:
        if controller not in control.read_text().split():
            control.write_text(f"+{controller}")


def _try_remove(directory: Path) -> bool:
    for below in _deepest_first(directory):
        try:
            below.rmdir()
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return True


def _deepest_first(directory: Path) -> Iterator[Path]:
    for path, _, _ in os.walk(directory, topdown=False):
        yield Path(path)
