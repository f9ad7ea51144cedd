"""A directory as it was at one moment, to go back to as often as wanted; what did not change is not copied again."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

__all__ = ["Snapshot"]

# Of a file: what no change leaves as it was. A modification time alone is not enough: unpacking an archive sets it.
_State = tuple[int, ...]


class Snapshot:
    """A copy of a directory's content.

    The directory itself stays the same one, as commands run in it.

    Args:
        directory: What is copied, and given back.
        copy: Where the copy lies; made with the first one.
    """

    def __init__(self, directory: Path, copy: Path) -> None:
        self._directory = directory
        self._copy = copy
        self._states: dict[Path, _State] = {}

    def take(self) -> None:
        """Make the copy what the directory is now."""
        before, self._states = self._states, _states(self._directory)
        self._copy.mkdir(exist_ok=True)
        _remove(self._copy, _other(before, self._states))
        self._transfer(self._directory, self._copy, _other(self._states, before))

    def give_back(self) -> None:
        """Make the directory what it was when the copy was taken."""
        current = _states(self._directory)
        _remove(self._directory, _other(current, self._states))
        self._transfer(self._copy, self._directory, _other(self._states, current))
        self._states = _states(self._directory)

    def _transfer(self, source: Path, target: Path, paths: Iterable[Path]) -> None:
        for path in paths:
            if stat.S_ISDIR(self._states[path][0]):
                (target / path).mkdir()
            else:
                shutil.copy2(source / path, target / path, follow_symlinks=False)
        for path, state in self._states.items():
            if stat.S_ISDIR(state[0]):
                shutil.copymode(source / path, target / path)


def _states(root: Path) -> dict[Path, _State]:
    """The states of all that is below a directory, each directory before what it contains."""
    states: dict[Path, _State] = {}
    for parent, directories, files in os.walk(root):
        for name in (*directories, *files):
            path = Path(parent, name)
            status = path.lstat()
            is_directory = stat.S_ISDIR(status.st_mode)
            states[path.relative_to(root)] = (
                (stat.S_IFDIR,)
                if is_directory
                else (status.st_mode, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            )
    return states


def _other(states: dict[Path, _State], than: dict[Path, _State]) -> list[Path]:
    """The paths that are not there, or not the same, in other states."""
    return [path for path, state in states.items() if than.get(path) != state]


def _remove(root: Path, paths: Iterable[Path]) -> None:
    for path in paths:
        target = root / path
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)  # it may have gone with its directory
