"""What became of the processes that a test started, and of those that they started."""

from __future__ import annotations

from pathlib import Path


def is_running(pid: int | str) -> bool:
    """Whether there is such a process, and it is more than an entry that waits to be collected (a zombie)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
