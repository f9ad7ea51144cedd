"""How much memory a cluster may take here: the machine's, or as much of it as a container is limited to."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lab_helpers.cluster.embedded import cgroups

__all__ = ["NEEDED_BYTES", "limit"]

NEEDED_BYTES = 3 * 1024**3 // 2
"""What a cluster takes with little on it, and a room beside it."""

_CGROUPS = Path("/proc/self/cgroup")
# One a line, as in 5:memory:/docker/1f2a; a line of cgroup v2 names no controllers: 0::/docker/1f2a.
_CGROUP = re.compile(r"^\d+:(?P<controllers>[^:]*):(?P<path>.*)$", re.MULTILINE)
_FILES = {False: "memory.limit_in_bytes", True: "memory.max"}


def limit(own: Path = _CGROUPS, root: Path = cgroups.ROOT) -> int:
    """The smallest of the limits that hold for this process, in bytes; the machine's memory is one.

    Args:
        own: Names the cgroups of this process.
        root: Where cgroups are mounted; a container may see only its own there.
    """
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([machine, *_limits(own, root)])


def _limits(own: Path, root: Path) -> Iterator[int]:
    unified = cgroups.is_unified(root)
    hierarchy = root if unified else root / "memory"
    for line in _CGROUP.finditer(own.read_text(encoding="utf-8")):
        if line["controllers"].split(",") == ([""] if unified else ["memory"]):
            path = Path(line["path"].lstrip("/"))
            for cgroup in (path, *path.parents):
                with suppress(OSError, ValueError):  # of another's view, or "max"
                    yield int((hierarchy / cgroup / _FILES[unified]).read_text())
