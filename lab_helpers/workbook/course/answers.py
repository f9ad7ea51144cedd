"""Answers to a step, right or wrong: files laid over the workspace, scripts that edit files, and commands."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from lab_helpers import schema, shell
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course.needs import required_capabilities
from lab_helpers.workbook.course.outlines import Outline

__all__ = ["Answer", "Script", "WrongAnswer", "run_in_copy", "solution", "wrong_answer", "wrong_answers"]

_EDITS = "edit.sh"
_COMMITS = "commit.sh"
_COMMANDS = "run.sh"
_AFTER = "after.sh"


@dataclass(frozen=True)
class Script:
    """One script of an answer.

    Attributes:
        text: What it types.
        edits: Whether it changes files of the workspace and nothing else, so that a copy can show what it changes.
        commits: Whether it does so by way of Git, which is what is shown then.
    """

    text: str
    edits: bool
    commits: bool


@dataclass(frozen=True)
class Answer:
    """One answer to a step.

    It is told by its files, each of which may be missing: ``files/`` is laid over the workspace first. An ``edit.sh``
    only changes files of the workspace, a ``commit.sh`` only works in its repositories, a ``run.sh`` does whatever else
    is to be done; where they alternate they are numbered: ``1-edit.sh``, ``2-commit.sh``, ``3-run.sh``.

    Attributes:
        step: The step's id.
        directory: Where its files lie.
    """

    step: str
    directory: Path

    @property
    def scripts(self) -> tuple[Script, ...]:
        """Its scripts, in the order in which they are typed."""
        return tuple(
            Script(
                _read(file),
                edits=file.name.endswith((_EDITS, _COMMITS)),
                commits=file.name.endswith(_COMMITS),
            )
            for file in sorted(self.directory.glob("*.sh"))
            if file.name.endswith((_EDITS, _COMMITS, _COMMANDS))
        )

    @property
    def commands(self) -> str:
        """All that it types; empty if it only lays files."""
        return "".join(script.text for script in self.scripts)

    @property
    def lays_files(self) -> bool:
        """Whether it lays files."""
        return self._files.is_dir()

    def files_below(self, part: str) -> list[Path]:
        """The files that it lays below a directory of the workspace, relative to that directory."""
        root = self._files / part
        return sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())

    def may_change(self, part: str) -> bool:
        """Whether files below a directory of the workspace may be others once it was given."""
        scripts = [script.text for script in self.scripts if script.edits]
        return bool(self.files_below(part)) or any(part in text for text in [*scripts, self.after])

    @property
    def _files(self) -> Path:
        return self.directory / "files"

    def edit(self, directory: Path, environment: Mapping[str, str] | None = None) -> None:
        """Change the files of a copy of the workspace as ``give`` would; the cluster hears nothing of it."""
        self.lay_files(directory)
        for script in self.scripts:
            if script.edits:
                run_in_copy(script.text, directory, environment)

    def tidy(self, directory: Path, environment: Mapping[str, str] | None = None) -> None:
        """Change the files of a copy of the workspace as the notebook does after the step's check, where it does.

        What tidies up on the cluster says in its first line what it needs of it, and is left out.
        """
        if not required_capabilities(self.after):
            run_in_copy(self.after, directory, environment)

    @property
    def after(self) -> str:
        """What the notebook changes after the step's check; empty where it changes nothing."""
        script = self.directory / _AFTER
        return _read(script) if script.exists() else ""

    def give(self, workspace: Path, run: Callable[[str], None], localize: Callable[[], None] = lambda: None) -> None:
        """Lay its files over the workspace, then run its scripts.

        Args:
            workspace: Where the learner works.
            run: Runs commands there, as a shell cell does.
            localize: Fits the files to the cluster at hand.

        Raises:
            LabError: A file cannot be laid where it belongs.
        """
        if self.lays_files:
            self.lay_files(workspace)
            localize()
        for script in self.scripts:
            run(script.text)

    def lay_files(self, directory: Path) -> None:
        """Lay its files over a directory.

        Raises:
            LabError: One cannot be laid where it belongs.
        """
        if not self.lays_files:
            return
        try:
            shutil.copytree(self._files, directory, dirs_exist_ok=True)
        except OSError as error:  # of copytree: a list of (source, target, reason)
            _source, target, reason = error.args[0][0] if isinstance(error, shutil.Error) else ("", directory, error)
            message = _("cannot be written: {reason}").format(reason=reason)
            raise LabError(message, object=str(target), next_step=f"ls -ld {target}") from error


def run_in_copy(script: str, directory: Path, environment: Mapping[str, str] | None = None) -> None:
    """Run a script that edits files in a copy of the workspace.

    Args:
        script: The script.
        directory: The copy.
        environment: Variables added to this process's own.

    Raises:
        CommandFailed: It did not fit the files that are there.
    """
    if script:
        shell.run(["bash", "-e", "-u", "-o", "pipefail", "-c", script], cwd=directory, env=environment)


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
    is_last: Annotated[bool, schema.Key("last")] = False

    @property
    def undo(self) -> str:
        """What brings the cluster back to where the mistake was made; empty where the next answer does."""
        script = self.directory / "undo.sh"
        return _read(script) if script.exists() else ""


def solution(outline: Outline, step: str) -> Answer:
    """The right answer to a step.

    Raises:
        LabError: The lab has none.
    """
    directory = outline.directory / "solution" / step
    if not directory.is_dir():
        name = _("step {step}").format(step=step)
        raise LabError(_("the lab has no solution for it"), object=name, next_step=f"ls {directory.parent}")
    return Answer(step, directory)


def wrong_answers(outline: Outline, step: str) -> tuple[WrongAnswer, ...]:
    """The wrong answers to a step, by name."""
    every = map(wrong_answer, sorted(outline.directory.glob("wrong/*/wrong.toml")))
    return tuple(answer for answer in every if answer.step == step)


def wrong_answer(file: Path) -> WrongAnswer:
    """The wrong answer that a ``wrong.toml`` declares.

    Raises:
        LabError: It cannot be read, or a key is wrong.
    """
    return schema.read(WrongAnswer, file, directory=file.parent)


def _read(script: Path) -> str:
    try:
        return script.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:  # a directory, or not UTF-8
        reason = _("cannot be read: {reason}").format(reason=error)
        raise LabError(reason, object=str(script), next_step=f"less {script}") from error
