"""Shell cells: what a learner would type in a terminal, run in the workspace; a failure fails the notebook."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["CellFailed", "register", "run"]

_STRICT = ("-e", "-u", "-o", "pipefail")

# On the same line as the first of the cell, so that bash counts the lines as the learner does. What a cell leaves
# running in the background ends with it; the ERR trap names the command that failed, as it was typed.
_PREAMBLE = (
    "trap 'kill $(jobs -p) 2>/dev/null || :' EXIT; "
    """trap 'printf "%s\\n" "{failed}" >&2' ERR; """
)


class CellFailed(LabError):
    """A command of a shell cell ended with a non-zero exit status."""

    def __init__(self, returncode: int, last_line: str) -> None:
        self.returncode = returncode
        super().__init__(
            _("the shell cell ended with {code}").format(code=returncode),
            last_event=last_line,
            next_step=_("mend the command and run the cell again"),
        )


def run(script: str, directory: Path, on_line: Callable[[str], None]) -> None:
    """Run a script in bash, strictly: the first command that fails ends it.

    It runs in the process group of this process, so whatever ends the notebook's kernel ends it too.

    Args:
        script: The commands.
        directory: Where they run.
        on_line: Takes each line that they print, errors included, as it comes.

    Raises:
        CellFailed: A command failed.
    """
    last = ""
    with shell.start(
        ["bash", *_STRICT, "-c", _PREAMBLE.format(failed=_failed()) + script],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                last = line.rstrip("\n") or last
                on_line(line.rstrip("\n"))
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise CellFailed(process.returncode, last)


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
    told = re.sub(r'[\\$`"]', r"\\\g<0>", _("line {line} ended with {code}: {command}")).replace("'", r"'\''")
    return told.format(line="${LINENO}", code="${?}", command="${BASH_COMMAND}")
