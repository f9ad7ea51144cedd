"""Bring one repository to its start: mend what is broken in it, keep what is in no commit, and say where it is."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lab_helpers.errors import CommandFailed
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import git, moving
from lab_helpers.workbook.learner.repository import SECRET_FILES, Repository, Start, is_secret_file

__all__ = ["Beginning", "kept_on"]

_DRAWN = "secrets"
"""The name of the directories in which the template's script draws secret values."""

_UNCOMMITTED = "Keep what was in no commit when the lab began again"


@dataclass
class Beginning:
    """Brings one repository to its start.

    Attributes:
        repository: The repository.
        name: How it is called from the workspace, as in ``app/web``.
        aside: Where what is no part of a repository any more is moved.
        remarks: What was met on the way and where it is now, a sentence each.
    """

    repository: Repository
    name: str
    aside: Path
    remarks: list[str] = field(default_factory=list)

    def run(self, build: Callable[[Repository], Start]) -> None:
        """Bring the repository to a start; may be interrupted anywhere and run again.

        Args:
            build: Makes the start's commits in the repository.

        Raises:
            LabError: It cannot be written.
        """
        directory = self.repository.directory
        is_new = not self._has_files()
        self._make_usable()
        try:
            self._begin(build, is_new)
        except CommandFailed:
            if self.repository.is_sound:
                raise
            self._set_aside(directory / ".git", _("{repository} could not be read by git; its .git is in {place} now"))
            git.init(directory)
            self._begin(build, is_new)
        self._clear_secrets()

    def mend(self, build: Callable[[Repository], Start]) -> None:
        """Make it a repository again where it is none any more; its files stay as they are.

        Raises:
            LabError: It cannot be written.
        """
        if not self.repository.knows_start:
            self._make_usable()
            start = build(self.repository)
            head = self.repository.head()
            branches = moving.keep(self.repository, [head], start.commit) if head else []
            self.repository.point_to(start)
            self.remarks.extend(kept_on(self.name, branch) for branch in branches)

    def _begin(self, build: Callable[[Repository], Start], is_new: bool) -> None:
        start = build(self.repository)
        if is_new:
            moving.move_to(self.repository, start, start.commit)
            return
        half_done = self.repository.half_done()
        snapshot = moving.uncommitted(self.repository, _UNCOMMITTED, start.commit)
        branches = moving.keep(self.repository, [snapshot, *moving.old_refs(self.repository, start)], start.commit)
        moving.move_to(self.repository, start, snapshot)
        if half_done:
            remark = _("{repository} had something half done ({names}): it was given up, and nothing of it is lost")
            self.remarks.append(remark.format(repository=self.name, names=", ".join(half_done)))
        self.remarks.extend(kept_on(self.name, branch) for branch in branches)

    def _clear_secrets(self) -> None:
        """Remove the secret values that the script of the template has drawn, and set others aside."""
        directory = self.repository.directory
        for file in list(directory.rglob(SECRET_FILES)):
            if file.is_dir() or ".git" in file.relative_to(directory).parts or not is_secret_file(file.name):
                continue
            if file.parent.name == _DRAWN:
                file.unlink()
            else:
                self._set_aside(file, _("a file of secret values in {repository} is in {place} now"))

    def _has_files(self) -> bool:
        directory = self.repository.directory
        return directory.is_dir() and any(directory.iterdir())

    def _make_usable(self) -> None:
        """Make sure that git can work here and takes all files below for this repository's."""
        directory = self.repository.directory
        if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
            self._set_aside(directory, _("what stood in the place of {repository} is in {place} now"))
        directory.mkdir(parents=True, exist_ok=True)
        for nested in self.repository.nested():
            self._set_aside(nested, _("a repository inside {repository} is in {place} now, and its files are here"))
        if self.repository.is_usable:
            return
        if (directory / ".git").exists() or (directory / ".git").is_symlink():
            self._set_aside(
                directory / ".git", _("{repository} was no Git repository any more; its .git is in {place}")
            )
        elif self._has_files():
            remark = _(
                "{repository} had no .git any more: it is a repository again, without the commits that were in it"
            )
            self.remarks.append(remark.format(repository=self.name))
        git.init(directory)

    def _set_aside(self, path: Path, remark: str) -> None:
        """Move something out of the way, to a place named after the moment at which it was changed last."""
        name = "-".join([self.name.replace("/", "-"), path.name.lstrip("."), _digest(path)])
        place = self.aside / name
        self.aside.mkdir(parents=True, exist_ok=True)
        shutil.move(path, place)
        self.remarks.append(remark.format(repository=self.name, place=place))


def kept_on(repository: str, branch: str) -> str:
    """Where work of a repository is kept, and how to look at it.

    Args:
        repository: The repository, as a path below the workspace.
        branch: The branch.
    """
    remark = _("what was in {repository} is on the branch {branch}; to see it: {command}")
    command = f"git -C {repository} log -p main..{branch}"
    return remark.format(repository=repository, branch=branch, command=command)


def _digest(path: Path) -> str:
    state = path.lstat()
    return hashlib.sha256(f"{path}{state.st_ino}{state.st_mtime_ns}".encode()).hexdigest()[:8]
