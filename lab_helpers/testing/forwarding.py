"""`kubectl port-forward` as a context manager."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lab_helpers import shell, wait
from lab_helpers.errors import CommandFailed, WaitTimeout
from lab_helpers.language import gettext as _

__all__ = ["forward"]

_PORT = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")
_SECONDS = 15.0
_END_SECONDS = 5.0


@contextmanager
def forward(command: Sequence[str | Path], environment: Mapping[str, str], target: str) -> Iterator[int]:
    """Run the forwarding for the context, and yield the local port.

    Args:
        command: kubectl with its arguments; it chooses the local port.
        environment: Variables added to this process's own.
        target: The target of the forwarding, as in the command.

    Raises:
        CommandFailed: kubectl failed; the last event is its output.
        WaitTimeout: It printed no port in time.
    """
    # A session of its own: kubectl's children (a credential plugin, say) must end with it, or would hold its pipe.
    process = shell.start(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, new_session=True)
    lines: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
    reader.start()
    try:
        yield _port(process, [str(part) for part in command], lines, target)
    finally:
        _end(process)
        reader.join()
        assert process.stdout is not None
        process.stdout.close()


def _end(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    """Read all output: a full pipe would block the forwarding."""
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put(None)


def _port(process: subprocess.Popen[str], command: Sequence[str], lines: queue.Queue[str | None], target: str) -> int:
    output, deadline = "", wait.Deadline(_SECONDS)
    while True:
        try:
            line = lines.get(timeout=deadline.remaining)
        except queue.Empty:
            step = f"kubectl describe {target}"
            reason = _("was not forwarded within {seconds:g} s").format(seconds=_SECONDS)
            raise WaitTimeout(reason, object=target, last_event=output, next_step=step) from None
        if line is None:
            raise CommandFailed(command, process.wait(), output)
        output += line
        if match := _PORT.search(line):
            return int(match[1])
