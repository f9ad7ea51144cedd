"""The right answer to a step as it is pasted: what to change in the learner's files as they are now, and commands."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from lab_helpers.workbook.course import answers
from lab_helpers.workbook.course.answers import Answer
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.display import styles
from lab_helpers.workbook.learner import git
from lab_helpers.workbook.learner.difference import Change, change
from lab_helpers.workbook.learner.repository import Repository, is_secret_file
from lab_helpers.workbook.learner.workspace import lay_template, replay

__all__ = ["Solution", "solution"]

_SEALED = "sealed"
"""The name of the directories of what is sealed for one cluster."""


@dataclass(frozen=True)
class Solution:
    """A right answer, in the order in which it is pasted; shows itself in a notebook and as text.

    Attributes:
        parts: Changes of files, and commands.
    """

    parts: tuple[Change | str, ...]

    @property
    def changes_files(self) -> bool:
        """Whether anything is left to change in the learner's files."""
        return any(isinstance(part, Change) and part != Change() for part in self.parts)

    @property
    def runs_commands(self) -> bool:
        """Whether anything is to be done besides."""
        return any(isinstance(part, str) for part in self.parts)

    def _repr_html_(self) -> str:
        html_parts = (escape(part) if isinstance(part, str) else part.page_form() for part in self.parts)
        return f'<pre style="{styles.BLOCK}">{"".join(html_parts)}</pre>'

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else part.commands for part in self.parts)


def solution(
    outline: Outline, step: str, workspace: Path, localize: Callable[[Path], None] = lambda _: None
) -> Solution:
    """What to do so that a step has its right answer, and the files of all steps before it have theirs.

    Edits are tried in a copy of what the lab has given; what that becomes is compared with the learner's files as they
    are now. Files of the learner's own are left out, and so are files of secret values.

    Args:
        outline: The lab.
        step: The step's id.
        workspace: What the learner has.
        localize: Fits files to their cluster.

    Raises:
        LabError: The lab has no solution, or an edit of one failed.
    """
    with tempfile.TemporaryDirectory(prefix="lab-solution-") as scratch:
        copy = _Copy(Path(scratch), workspace, localize)
        lay_template(outline, copy.right, localize, begun=workspace)
        copy.note_names()
        for earlier in outline.steps[: outline.steps.index(outline.step(step))]:
            replay(outline, copy.right, [earlier])
            copy.note_names()
        return Solution(tuple(_parts(answers.solution(outline, step), copy, outline.repositories)))


def _parts(answer: Answer, copy: _Copy, repositories: Sequence[str]) -> Iterator[Change | str]:
    """The parts of an answer; the first change also mends whatever else is wrong with the learner's files."""
    answer.lay_files(copy.right)
    if answer.lays_files or not any(script.edits and not script.commits for script in answer.scripts):
        uncommitted = [part for part in repositories if copy.differs(part)]
        yield copy.change()
        if uncommitted and any(script.commits for script in answer.scripts):  # of what is committed, as a revert is
            yield "".join(_commit(part, answer.step) for part in uncommitted)
    for script in answer.scripts:
        if not script.edits:
            yield script.text
            continue
        answers.run_in_copy(script.text, copy.right, git.author(None))
        difference = copy.change()
        yield script.text if script.commits else difference


def _commit(repository: str, step: str) -> str:
    where = f"git -C {repository}"
    return f'{where} diff --quiet HEAD || {where} commit -am "Come to where {step} begins"\n'


class _Copy:
    """A copy of what the lab has given, in which answers are tried, beside what it is compared with.

    Attributes:
        right: The copy.
    """

    def __init__(self, scratch: Path, workspace: Path, localize: Callable[[Path], None]) -> None:
        self.right = scratch / "right"
        self._changed = scratch / "changed"
        self._learners = self._before = workspace
        self._localize = localize
        self._names: set[Path] = set()  # of all files that were ever there: one that an edit deletes is to go

    def note_names(self) -> None:
        """Remember the files, but for those of secret values, sealed or not, and those that Git keeps for itself."""
        names = (path.relative_to(self.right) for path in self.right.rglob("*") if path.is_file())
        self._names |= {name for name in names if ".git" not in name.parts and not self._is_secret(name)}

    def _is_secret(self, name: Path) -> bool:
        """Whether a file holds secret values, or what the learner has sealed: only their own cluster opens it."""
        is_sealed = _SEALED in name.parts and (self._learners / name).exists()
        return is_sealed or is_secret_file(name.name)

    def differs(self, repository: str) -> bool:
        """Whether what the learner has committed in a repository is something else than what is right."""
        learners, right = (Repository(workspace / repository) for workspace in (self._before, self.right))
        return learners.is_usable and learners.tree() != right.tree()

    def change(self) -> Change:
        """What was changed since the last time; the first time, what is to change in the learner's files."""
        self._localize(self.right)
        self.note_names()
        difference = change(self._before, self.right, sorted(self._names))
        shutil.rmtree(self._changed, ignore_errors=True)
        self._before = shutil.copytree(self.right, self._changed, symlinks=True)
        return difference
