"""What a learner's files lack: the difference to the right answer, as `diff -u` shows it."""

from __future__ import annotations

import difflib
import shlex
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from lab_helpers.workbook.course import answers
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.display import styles
from lab_helpers.workbook.learner import git
from lab_helpers.workbook.learner.workspace import files_below, lay_template, replay

__all__ = ["Difference", "difference"]

_ELEMENTS = {"+": ("ins", "rgba(0,158,115,.18)"), "-": ("del", "rgba(213,94,0,.18)")}


@dataclass(frozen=True)
class Difference:
    """A unified diff that shows itself in a notebook and as text; each line begins with its sign.

    Attributes:
        text: The diff of files that are there; empty where there is no difference.
        whole: The text of each file that commands have to write whole: one that is missing, or comes with the answer.
    """

    text: str
    whole: Mapping[str, str] = field(default_factory=dict)

    @property
    def commands(self) -> str:
        """Commands that write the whole files; may be pasted into a shell."""
        return "".join(map(_write, self.whole, self.whole.values()))

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
        lay_template(outline, right, localize, begun=workspace)
        replay(outline, right, outline.steps[: outline.steps.index(outline.step(step))])
        answers.solution(outline, step).edit(right, git.author(None))
        localize(right)
        brought = answers.solution(outline, step).files
        changed = [name for name in files_below(right) if _lines(workspace / name) != _lines(right / name)]
        whole = [name for name in changed if name in brought or not (workspace / name).is_file()]
        text = "".join(
            line for name in changed if (workspace / name).is_file() for line in _diff(workspace, right, name)
        )
        return Difference(text, {str(name): "".join(_lines(right / name)) for name in whole})


def _diff(workspace: Path, right: Path, name: Path) -> Iterator[str]:
    before, after = _lines(workspace / name), _lines(right / name)
    for line in difflib.unified_diff(before, after, str(name), str(name), n=1):
        yield line if line.endswith("\n") else f"{line}\n"


def _write(name: str, text: str) -> str:
    parent = str(Path(name).parent)
    before = "" if parent == "." else f"mkdir -p {shlex.quote(parent)}\n"
    return f"{before}cat > {shlex.quote(name)} <<'END'\n{text.rstrip()}\nEND\n"


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
