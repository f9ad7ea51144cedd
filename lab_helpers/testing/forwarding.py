"""`kubectl port-forward` as a context manager: there when it says so, gone at the end."""

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

__all__ = ["forwarded"]

_PORT = re.compile(r"Forwarding from 127\.0\.0\.1:(\d+)")
_SECONDS = 15.0
_END_SECONDS = 5.0


@contextmanager
def forwarded(command: Sequence[str | Path], environment: Mapping[str, str], target: str) -> Iterator[int]:
    """The local port, for as long as the ``with`` lasts.

    Args:
        command: kubectl with its arguments; the local port is for it to choose.
        environment: Variables added to this process's own.
        target: What it leads to, as kubectl was told.

    Raises:
        CommandFailed: kubectl gave up; the last event is what it said.
        WaitTimeout: It said nothing in time.
    """
    # A group of its own: whatever kubectl starts (a login helper, say) has to end with it, or would hold its pipe.
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
    """Read on to the end: a full pipe would stop the forwarding."""
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    lines.put(None)


def _port(process: subprocess.Popen[str], command: Sequence[str], lines: queue.Queue[str | None], target: str) -> int:
    said, deadline = "", wait.Deadline(_SECONDS)
    while True:
        try:
            line = lines.get(timeout=deadline.left)
        except queue.Empty:
            step = f"kubectl describe {target}"
            reason = _("was not forwarded within {seconds:g} s").format(seconds=_SECONDS)
            raise WaitTimeout(reason, object=target, last_event=said, next_step=step) from None
        if line is None:
            raise CommandFailed(command, process.wait(), said)
        said += line
        if found := _PORT.search(line):
            return int(found[1])
