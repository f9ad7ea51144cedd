"""The one place that starts subprocesses; a failed command becomes an error with a command line to paste."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.language import gettext as _

__all__ = ["Completed", "find", "kill_group", "run", "start", "stream"]

# A killed lab must take its commands with it: the kernel sends the child SIGKILL when the thread that started it
# ends (prctl(2), PR_SET_PDEATHSIG). A command that must live longer is started with `outlives=True`.
_DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL", "--")

# The remaining output of a killed command is available at once; a child outside its process group may hold its pipes.
_REMAINING_OUTPUT_SECONDS = 0.2


@dataclass(frozen=True)
class Completed:
    """The result of a finished command.

    Attributes:
        argv: The program and its arguments.
        returncode: Its exit status.
        stdout: Its standard output.
        stderr: Its standard error; empty if merged into ``stdout``.
    """

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str


def find(program: str) -> str | None:
    """The absolute path of a program on PATH or in the sbin directories, else None."""
    return shutil.which(program) or shutil.which(program, path="/usr/local/sbin:/usr/sbin:/sbin")


def run(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    input: str | None = None,  # noqa: A002
    timeout: float | None = None,
    check: bool = True,
    next_step: str = "",
) -> Completed:
    """Run a command, wait for it, and return its output.

    Secrets go through ``input``, ``env`` or a private file, never through ``argv``: errors and logs show it.

    Args:
        argv: The program and its arguments; no shell is involved.
        env: Variables added to this process's own.
        cwd: Its working directory.
        input: Its standard input; by default none.
        timeout: Seconds after which it is killed, with its process group.
        check: Whether a non-zero exit status raises.
        next_step: The next step of a failure; by default the command itself.

    Raises:
        CommandFailed: It ended with a non-zero exit status and ``check`` is set, or ran out of time.
        LabError: There is no such program.
    """
    command = [str(part) for part in argv]
    with start(
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        own_group=True,
    ) as process:
        try:
            out, err = process.communicate(input, timeout=timeout)
        except subprocess.TimeoutExpired as error:
            kill_group(process)
            printed = _remaining_output(process)
            killed = _("killed after {seconds:g} s").format(seconds=timeout)
            raise CommandFailed(command, process.wait(), f"{printed}\n{killed}", next_step=next_step) from error
        except BaseException:
            kill_group(process)
            raise
    if check and process.returncode != 0:
        raise CommandFailed(command, process.returncode, err or out, next_step=next_step)
    return Completed(tuple(command), process.returncode, out, err)


def stream(
    argv: Sequence[str | Path],
    on_line: Callable[[str], None],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    check: bool = True,
) -> Completed:
    """Run a command, wait for it, and pass on each line of output (standard error included) as it is printed.

    Raises:
        CommandFailed: It ended with a non-zero exit status and ``check`` is set.
        LabError: There is no such program.
    """
    command = [str(part) for part in argv]
    lines: list[str] = []
    with start(command, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, own_group=True) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                lines.append(line)
                on_line(line.rstrip("\n"))
        except BaseException:
            kill_group(process)
            raise
    output = "".join(lines)
    if check and process.returncode != 0:
        raise CommandFailed(command, process.returncode, output)
    return Completed(tuple(command), process.returncode, output, "")


def start(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: int | IO[str] | None = subprocess.DEVNULL,
    stdout: int | IO[str] | None = None,
    stderr: int | IO[str] | None = None,
    outlives: bool = False,
    new_session: bool = False,
    own_group: bool = False,
) -> subprocess.Popen[str]:
    """Start a command and return at once; the caller ends it.

    Args:
        argv: The program and its arguments.
        env: Variables added to this process's own.
        cwd: Its working directory.
        stdin: As for ``subprocess.Popen``; by default ``/dev/null``.
        stdout: As for ``subprocess.Popen``; by default shared with this process.
        stderr: As for ``subprocess.Popen``.
        outlives: Let it outlive the thread that started it; by default it is killed then.
        new_session: Start it in a session of its own, which gets no signals from the terminal (Ctrl-C).
        own_group: Start it in a process group of its own, to be killed as one.

    Raises:
        LabError: There is no such program.
    """
    command = [str(part) for part in argv]
    program = find(command[0])
    if program is None:
        raise LabError(_("no such program"), object=command[0], next_step="lab doctor")
    prefix = () if outlives or find("setpriv") is None else _DIE_WITH_PARENT
    return subprocess.Popen(
        [*prefix, program, *command[1:]],
        env=None if env is None else {**os.environ, **env},
        cwd=cwd,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        text=True,
        encoding="utf-8",  # what the lab's own programs read and write, whatever this machine's locale
        errors="replace",
        start_new_session=new_session,
        process_group=0 if own_group else None,
    )


def kill_group(process: subprocess.Popen[str]) -> None:
    """Kill a command and its process group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _remaining_output(process: subprocess.Popen[str]) -> str:
    """The unread output of a killed command."""
    try:
        out, err = process.communicate(timeout=_REMAINING_OUTPUT_SECONDS)
    except subprocess.TimeoutExpired as error:
        parts = [part for part in (error.stdout, error.stderr) if part]
        return "".join(part.decode(errors="replace") if isinstance(part, bytes) else part for part in parts)
    return f"{out}{err}"
