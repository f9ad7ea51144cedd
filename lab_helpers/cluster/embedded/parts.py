"""The processes that a keeper starts on the host, by name: each with a log of its own, and how it ended."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from lab_helpers import shell
from lab_helpers.cluster.embedded.processes import kill_tree
from lab_helpers.cluster.loss import End

__all__ = ["Parts"]

# All that util-linux 2.38 says, with an exit status of 1, of a child that was killed.
_UNSHARE_OF_SIGKILL = "unshare: sigprocmask unblock failed"
_LOG_LINES = 5  # of what a part printed that ended


class Parts:
    """The bridge, the nodes, and the services beside them.

    Args:
        logs: The directory of their logs.
        selector: Wakes the keeper when one that is watched has ended; what it is registered with tells it.
    """

    def __init__(self, logs: Path, selector: selectors.BaseSelector) -> None:
        self._logs = logs
        self._selector = selector
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._ended: dict[str, int] = {}

    def start(self, name: str, argv: Sequence[str], *, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """Start one, or the next of that name; what it prints goes to the end of its log."""
        with self._log(name).open("a") as output:
            process = shell.start(argv, stdin=stdin, stdout=output, stderr=output, new_session=True)
        self._processes[name] = process
        return process

    def watch(self, name: str, tell: Callable[[str], object]) -> None:
        """Have the selector's reader call ``tell`` with the name of one once it has ended."""
        self._ended[name] = os.pidfd_open(self._processes[name].pid)
        self._selector.register(self._ended[name], selectors.EVENT_READ, partial(tell, name))

    def end(self, name: str) -> None:
        """Kill one that is watched, with all that it started, and forget it."""
        ended, process = self._ended.pop(name), self._processes.pop(name)
        self._selector.unregister(ended)
        os.close(ended)
        kill_tree(process)
        process.wait()

    def end_all(self) -> None:
        """Kill all of them, the bridge last, and wait for their ends."""
        for process in reversed(self._processes.values()):
            kill_tree(process)
        for process in self._processes.values():
            process.wait()

    def end_of(self, name: str) -> End | None:
        """How one ended, with the end of its log; None where another of its name runs by now."""
        if self._processes[name].poll() is None:
            return None
        status = self._processes[name].wait()
        lines = self._log(name).read_text(errors="replace").splitlines()
        if lines and lines[-1].startswith(_UNSHARE_OF_SIGKILL):
            status = -signal.SIGKILL
            lines.pop()
        return End(name, status, "\n".join(lines[-_LOG_LINES:]))

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"
