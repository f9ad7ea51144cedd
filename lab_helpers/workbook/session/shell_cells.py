"""Shell cells: what a learner would type in a terminal, run in the workspace; a failure fails the notebook."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.session.causes import Cause, explain

__all__ = ["CellFailed", "register", "run"]

_KEPT_LINES = 500  # of what a cell printed: a pod that cannot be changed is shown whole below its message
_STRICT = ("-e", "-u", "-o", "pipefail")

# On the same line as the first of the cell, so that bash counts the lines as the learner does. What a cell leaves
# running in the background ends with it; the ERR trap names the command that failed, as it was typed.
_PREAMBLE = (
    "trap 'kill $(jobs -p) 2>/dev/null || :' EXIT; "
    """trap 'printf "%s\\n" "{failed}" >&2' ERR; """
)


class CellFailed(LabError):
    """A command of a shell cell ended with a non-zero exit status.

    Attributes:
        returncode: The cell's exit status.
        hint: What follows from what the command said; may be empty.
    """

    def __init__(self, returncode: int, cause: Cause, *, named: str = "") -> None:
        self.returncode = returncode
        self.hint = cause.hint
        reason = named or _("the shell cell ended with {code}").format(code=returncode)
        super().__init__(reason, last_event=cause.said, next_step=cause.next_step)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *([f"  {self.hint}"] if self.hint else [])])

    def redact(self, redact: Callable[[str], str]) -> None:
        """Take secrets out of all that it says."""
        for name in ("reason", "hint", "last_event", "next_step"):
            setattr(self, name, redact(getattr(self, name)))


def run(script: str, directory: Path, on_line: Callable[[str], None]) -> None:
    """Run a script in bash, strictly: the first command that fails ends it.

    It runs in the process group of this process, so whatever ends the notebook's kernel ends it too. Whatever ends
    this function ends all that the script started.

    Args:
        script: The commands.
        directory: Where they run.
        on_line: Takes each line that they print, errors included, as it comes.

    Raises:
        CellFailed: A command failed.
    """
    printed: deque[str] = deque(maxlen=_KEPT_LINES)
    with shell.start(
        ["bash", *_STRICT, "-c", _PREAMBLE.format(failed=_failed()) + script],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                printed.append(line.rstrip("\n"))
                on_line(line.rstrip("\n"))
        except BaseException:
            _kill(process.pid)
            raise
    if process.returncode != 0:
        named, command, output = _told_apart(list(printed))
        raise CellFailed(process.returncode, explain(script, command, output, directory), named=named)


def _told_apart(printed: list[str]) -> tuple[str, str, list[str]]:
    """How the ERR trap named the command that failed, the command itself, and what else was printed."""
    pattern = re.escape(_trapped()).replace(r"\{line\}", r"\d+").replace(r"\{code\}", r"\d+")
    trapped = re.compile(pattern.replace(r"\{command\}", "(?P<command>.*)"))
    for number in reversed(range(len(printed))):
        match = trapped.fullmatch(printed[number])
        if match is not None:
            rest = printed[number + 1 :]  # of a command of several lines
            return "\n".join([match[0], *rest]), "\n".join([match["command"], *rest]), printed[:number]
    return "", "", printed


def _kill(pid: int) -> None:
    """Kill a process and all that it started: it has no process group of its own to be killed by."""
    with suppress(OSError):  # it has ended meanwhile
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        os.kill(pid, signal.SIGKILL)
        for child in children:
            _kill(int(child))


def register(ipython: Any, runner: Callable[[str], None]) -> None:  # noqa: ANN401 - IPython is untyped
    """Make ``%%bash`` of a notebook run its cells by ``runner``."""

    def bash(line: str, cell: str) -> None:
        if line.strip():
            raise LabError(
                _("takes no options here"), object="%%bash", next_step=_("%%bash alone on the cell's first line")
            )
        runner(cell)

    ipython.register_magic_function(bash, magic_kind="cell", magic_name="bash")


def _failed() -> str:
    """What is said of a command that failed, as bash has it between double quotes that stand between single ones."""
    escaped = re.sub(r'[\\$`"]', r"\\\g<0>", _trapped()).replace("'", r"'\''")
    return escaped.format(line="${LINENO}", code="${?}", command="${BASH_COMMAND}")


def _trapped() -> str:
    return _("line {line} ended with {code}: {command}")
