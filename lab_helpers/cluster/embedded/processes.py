"""The processes of a node, its first one and the programs that this one keeps running: found, told, stopped, killed."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab_helpers import wait
from lab_helpers.errors import LabError

__all__ = ["children", "first_process", "kill_tree", "stopped", "tell"]

_STOP_SECONDS = 30.0


def children(pid: int) -> list[int]:
    """The processes that a process of one thread has started, or adopted; none where it has ended."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def first_process(starter: int) -> int:
    """The first process of a node; told to a log, so in English.

    Args:
        starter: What started it, in the host's namespaces.

    Raises:
        LabError: It has ended.
    """
    for pid in children(starter):
        return pid
    raise LabError("has ended", object=f"the node of process {starter}")


@contextmanager
def stopped(starter: int, program: str) -> Iterator[None]:
    """Stop a program of a node, all its threads, for the context; it may be killed meanwhile.

    Args:
        starter: What started the node's first process.
        program: Its name.

    Raises:
        LabError: The node does not run it at this moment.
        WaitTimeout: It does not stop.
    """
    pid = next((pid for pid in children(first_process(starter)) if _name(pid) == program), None)
    if pid is None:
        raise LabError("does not run at this moment", object=program)
    process = os.pidfd_open(pid)
    try:
        signal.pidfd_send_signal(process, signal.SIGSTOP)
        # The signal is only sent by then: a thread that runs may still write.
        wait.until(lambda: _is_stopped(pid), seconds=_STOP_SECONDS, outcome="stop", object=program, every=0.005)
        yield
    finally:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(process, signal.SIGCONT)
        os.close(process)


def tell(process: subprocess.Popen[str], line: str) -> None:
    """Tell the first process of a node a line; one that has just ended is noted by whoever watches it."""
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.write(f"{line}\n")
        process.stdin.flush()


def kill_tree(process: subprocess.Popen[str]) -> None:
    """Kill the first process of a node rather than its starter, which then ends only when all of the node has."""
    if process.poll() is not None:
        return  # its number may be somebody else's by now
    first = children(process.pid)
    for pid in first:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if not first:
        process.kill()


def _is_stopped(pid: int) -> bool:
    """Whether no thread of a process runs; none does where it has ended."""
    return all(_state(task) in "TtZX" for task in Path(f"/proc/{pid}/task").glob("*/stat"))


def _state(task: Path) -> str:
    try:
        return task.read_text().rpartition(") ")[2][:1]  # the name before it may hold anything
    except OSError:  # it has just ended
        return "X"


def _name(pid: int) -> str:
    try:
        return Path(os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0])).name
    except OSError:  # it has just ended
        return ""
