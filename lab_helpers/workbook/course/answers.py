"""Answers to a step, right or wrong: files laid over the workspace, and commands run in it."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course.outlines import Outline

__all__ = ["Answer", "WrongAnswer", "solution", "wrong_answers"]

_COMMANDS = "run.sh"
_AFTER = "after.sh"


@dataclass(frozen=True)
class Answer:
    """One answer to a step.

    Attributes:
        step: The step's id.
        directory: Where its ``files/`` and its ``run.sh`` lie; it has at least one of them.
    """

    step: str
    directory: Path

    @property
    def commands(self) -> str:
        """What it types; empty if it only lays files."""
        script = self.directory / _COMMANDS
        return script.read_text(encoding="utf-8") if script.exists() else ""

    @property
    def edits(self) -> str:
        """Those of its commands that change files of the workspace and nothing else: ``sed -i`` and ``git``."""
        return "".join(line for line in self.commands.splitlines(keepends=True) if line.startswith(("sed -i ", "git ")))

    @property
    def tidying(self) -> str:
        """What the notebook types after the step's check, to change files back; empty where it does not."""
        script = self.directory / _AFTER
        return script.read_text(encoding="utf-8") if script.exists() else ""

    @property
    def files(self) -> frozenset[Path]:
        """The files that it lays, relative to the workspace."""
        root = self.directory / "files"
        return frozenset(path.relative_to(root) for path in root.rglob("*") if path.is_file())

    def edit(self, directory: Path, environment: Mapping[str, str] | None = None) -> None:
        """Change the files of a copy of the workspace as ``give`` would; the cluster hears nothing of it."""
        self._lay_files(directory)
        if self.edits:
            shell.run(["bash", "-e", "-u", "-c", self.edits], cwd=directory, env=environment)

    def tidy(self, directory: Path, environment: Mapping[str, str] | None = None) -> None:
        """Change the files of a copy of the workspace as the notebook does after the step's check, where it does."""
        if self.tidying:
            shell.run(["bash", "-e", "-u", "-c", self.tidying], cwd=directory, env=environment)

    def give(self, workspace: Path, run: Callable[[str], None], localize: Callable[[], None] = lambda: None) -> None:
        """Lay its files over the workspace, then run its commands.

        Args:
            workspace: Where the learner works.
            run: Runs commands there, as a shell cell does.
            localize: Fits the files to the cluster at hand.

        Raises:
            LabError: A file cannot be laid where it belongs.
        """
        if self._lay_files(workspace):
            localize()
        if self.commands:
            run(self.commands)

    def _lay_files(self, directory: Path) -> bool:
        """Lay its files over a directory; whether there are any."""
        files = self.directory / "files"
        if files.is_dir():
            try:
                shutil.copytree(files, directory, dirs_exist_ok=True)
            except OSError as error:  # of copytree: a list of (source, target, reason)
                _source, target, reason = (
                    error.args[0][0] if isinstance(error, shutil.Error) else ("", directory, error)
                )
                told = _("cannot be written: {reason}").format(reason=reason)
                raise LabError(told, object=str(target), next_step=f"ls -ld {target}") from error
        return files.is_dir()


@dataclass(frozen=True)
class WrongAnswer(Answer):
    """A mistake that real learners make, and what its step's check must say to it.

    Attributes:
        mistake: What is wrong, one sentence.
        expect: Words that the failed check's card must hold.
        is_last: Whether nothing that comes after it can pass, so that it is tried when all else is proven.
    """

    mistake: str
    expect: str
    is_last: bool

    @property
    def undo(self) -> str:
        """What brings the cluster back to where the mistake was made; empty where the next answer does."""
        script = self.directory / "undo.sh"
        return script.read_text(encoding="utf-8") if script.exists() else ""


def solution(outline: Outline, step: str) -> Answer:
    """The right answer to a step.

    Raises:
        LabError: The lab has none.
    """
    directory = outline.directory / "solution" / step
    if not directory.is_dir():
        called = _("step {step}").format(step=step)
        raise LabError(_("the lab has no solution for it"), object=called, next_step=f"ls {directory.parent}")
    return Answer(step, directory)


def wrong_answers(outline: Outline, step: str) -> tuple[WrongAnswer, ...]:
    """The wrong answers to a step, by name."""
    found = map(_read_wrong, sorted(outline.directory.glob("wrong/*/wrong.toml")))
    return tuple(answer for answer in found if answer.step == step)


def _read_wrong(file: Path) -> WrongAnswer:
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    return WrongAnswer(told["step"], file.parent, told["mistake"], told["expect"], told.get("last", False))
