"""The `lab` command as tests run it: to its end, or started and watched."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

LAB = Path(sys.executable).parent / "lab"

Run = Callable[..., subprocess.CompletedProcess[str]]
Start = Callable[..., subprocess.Popen[str]]


def run_lab(
    *arguments: str, seconds: float = 300, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `lab` to its end."""
    return subprocess.run([LAB, *arguments], capture_output=True, text=True, timeout=seconds, check=False, env=env)


def start_lab(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Start `lab` and go on; its progress is to be read from its standard error."""
    return subprocess.Popen([LAB, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env)


@contextmanager
def starting() -> Iterator[Start]:
    """What starts `lab`; whatever still runs in the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        started.append(start_lab(*arguments))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Read the progress of a started `lab` until it says the words; all that was read."""
    assert process.stderr is not None
    read = ""
    for line in process.stderr:
        read += line
        if words in line:
            return read
    raise AssertionError(f"ended without saying {words!r}:\n{read}")
