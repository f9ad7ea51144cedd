"""Directories as they were: a copy, and a directory made what a copy is while commands and editors run in it."""

from __future__ import annotations

import filecmp
import os
import shutil
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from lab_helpers import shell

__all__ = ["copy", "differ", "mirror"]

_CONTENT = (stat.S_IFREG, stat.S_IFLNK)


def copy(source: Path, target: Path, *, without: Collection[str] = ()) -> None:
    """Copy what is in a directory, but for the entries of these names, into one that is made for it."""
    target.mkdir(parents=True)
    entries = [entry for entry in sorted(source.iterdir()) if entry.name not in without] if source.is_dir() else []
    if entries:
        shell.run(["cp", "--archive", "--reflink=auto", "--target-directory", target, "--", *entries])


def differ(first: Path, second: Path, *, without: Collection[str] = ()) -> bool:
    """Whether two directories, but for the entries of these names, have other files, or files of other content."""
    files, others = dict(_files(first, without)), dict(_files(second, without))
    return files.keys() != others.keys() or not all(_same(files[path], others[path]) for path in files)


def mirror(source: Path, target: Path, *, without: Collection[str] = ()) -> None:
    """Make a directory what another is, but for the entries of these names; it stays, for somebody may be in it.

    May be interrupted anywhere and run again. Pipes and sockets, which hold nothing, are nobody's.
    """
    target.mkdir(parents=True, exist_ok=True)
    for entry in list(target.iterdir()):
        if entry.name not in without and _kind(entry) != _kind(source / entry.name):
            _remove(entry)
    for entry in source.iterdir():
        place = target / entry.name
        if entry.name not in without and _kind(entry) == stat.S_IFDIR:
            mirror(entry, place)
        elif entry.name not in without and _kind(entry) in _CONTENT and not (_kind(place) and _same(entry, place)):
            _remove(place)
            shutil.copy2(entry, place, follow_symlinks=False)
    shutil.copystat(source, target)


def _kind(path: Path) -> int | None:
    """What a path is, of the constants of ``stat``; None where there is nothing."""
    try:
        return stat.S_IFMT(path.lstat().st_mode)
    except FileNotFoundError:
        return None


def _remove(path: Path) -> None:
    if _kind(path) == stat.S_IFDIR:
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _files(root: Path, without: Collection[str]) -> Iterator[tuple[Path, Path]]:
    """All that is no directory, by its path below the root."""
    for parent, directories, names in os.walk(root):
        if Path(parent) == root:
            directories[:] = [name for name in directories if name not in without]
            names = [name for name in names if name not in without]
        for path in (Path(parent, name) for name in (*names, *directories)):
            if _kind(path) in _CONTENT:
                yield path.relative_to(root), path


def _same(first: Path, second: Path) -> bool:
    if first.is_symlink() or second.is_symlink():
        return first.is_symlink() and second.is_symlink() and first.readlink() == second.readlink()
    status, other = first.lstat(), second.lstat()
    if status.st_mode != other.st_mode or status.st_size != other.st_size:
        return False
    return not stat.S_ISREG(status.st_mode) or filecmp.cmp(first, second, shallow=False)
