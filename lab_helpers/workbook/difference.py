"""What a learner's files lack: the difference to the right answer, as `diff -u` shows it."""

from __future__ import annotations

import difflib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from html import escape
from pathlib import Path

from lab_helpers.workbook import answers, styles
from lab_helpers.workbook.steps import Outline
from lab_helpers.workbook.workspace import SECRET_FILES, lay_template

__all__ = ["Difference", "difference"]

_ELEMENTS = {"+": ("ins", "rgba(0,158,115,.18)"), "-": ("del", "rgba(213,94,0,.18)")}


@dataclass(frozen=True)
class Difference:
    """A unified diff that shows itself in a notebook and as text; each line begins with its sign.

    Attributes:
        text: The diff; empty where there is no difference.
    """

    text: str

    def _repr_html_(self) -> str:
        return f'<pre style="{styles.BLOCK}">{"".join(map(_line, self.text.splitlines()))}</pre>'

    def __str__(self) -> str:
        return self.text.rstrip("\n")


def difference(
    outline: Outline, step: str, workspace: Path, localize: Callable[[Path], None] = lambda _: None
) -> Difference:
    """What to change in the files of a workspace so that a step and all before it have their right answers.

    Files of the learner's own are left out, and so are files of secret values.

    Args:
        outline: The lab.
        step: The step's id.
        workspace: What the learner has.
        localize: Fits files to their cluster.
    """
    with tempfile.TemporaryDirectory(prefix="lab-solution-") as scratch:
        right = Path(scratch) / "right"
        lay_template(outline, right, localize)
        for one in outline.steps[: outline.steps.index(outline.step(step)) + 1]:
            answers.solution(outline, one.id).edit(right)
        localize(right)
        return Difference("".join(_differences(workspace, right)))


def _differences(workspace: Path, right: Path) -> Iterator[str]:
    for file in sorted(path for path in right.rglob("*") if path.is_file()):
        name = file.relative_to(right)
        if fnmatch(name.name, SECRET_FILES):
            continue
        before, after = _lines(workspace / name), _lines(file)
        origin = str(name) if (workspace / name).is_file() else "/dev/null"
        for line in difflib.unified_diff(before, after, origin, str(name), n=1):
            yield line if line.endswith("\n") else f"{line}\n"


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    except OSError:  # none, or a directory in its place
        return []


def _line(line: str) -> str:
    if line.startswith(("+++", "---")) or line[:1] not in _ELEMENTS:
        return f"{escape(line)}\n"
    element, ground = _ELEMENTS[line[0]]
    return f'<{element} style="text-decoration:none;background:{ground}">{escape(line)}</{element}>\n'
