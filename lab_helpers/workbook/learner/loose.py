"""The files of a workspace outside its repositories (trials, logs): laid, and moved to the archive."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from lab_helpers.workbook.learner.repository import is_secret_file

__all__ = ["lay", "set_aside"]


def lay(starter: Path, directory: Path, parts: Collection[str]) -> None:
    """Copy the files that a lab begins with into a workspace, but for those of its repositories."""
    for file in _files(starter, parts):
        (directory / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(starter / file, directory / file)


def set_aside(directory: Path, archive: Path, parts: Collection[str], start: Path) -> Path | None:
    """Move the loose files of a workspace to where kept work lies; remove them where they are there already.

    Args:
        directory: The workspace.
        archive: The directory of kept work.
        parts: The repositories in it, as paths below it.
        start: A directory with the files that it began with.

    Returns:
        Where they are; None where there was nothing but what it began with.
    """
    files = list(_files(directory, parts))
    digest = _digest(directory, files)
    is_as_begun = not files or digest == _digest(start, _files(start, ()))
    aside = None if is_as_begun else archive / f"{directory.name}-{digest[:12]}"
    is_there = aside is None or aside.exists()
    for file in files:
        if not is_there and aside is not None:
            (aside / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(directory / file, aside / file)
        else:
            (directory / file).unlink()
    _remove_empty(directory, parts)
    return aside


def _remove_empty(directory: Path, parts: Collection[str]) -> None:
    """Remove the directories that the files have left behind: an empty ``.git`` would be taken for a repository."""
    for root, _directories, _names in os.walk(directory, topdown=False):
        path = Path(root)
        is_of_repository = any(path.is_relative_to(directory / part) for part in (*parts, ".git"))
        if path != directory and not is_of_repository and not any(path.iterdir()):
            path.rmdir()


def _digest(directory: Path, files: Collection[Path] | Iterator[Path]) -> str:
    digest = hashlib.sha256()
    for file in sorted(files):
        if not is_secret_file(file.name):
            digest.update(f"{file}\0{(directory / file).lstat().st_mode:o}\0".encode())
            digest.update(hashlib.sha256(_content(directory / file)).digest())
    return digest.hexdigest()


def _content(file: Path) -> bytes:
    return str(file.readlink()).encode() if file.is_symlink() else file.read_bytes()


def _files(directory: Path, parts: Collection[str]) -> Iterator[Path]:
    """The files below a directory that are in none of its repositories, nor in one that its learner made of it all."""
    for root, directories, names in os.walk(directory):
        at = Path(root).relative_to(directory)
        directories[:] = [name for name in directories if str(at / name) not in parts and at / name != Path(".git")]
        links = [name for name in directories if (directory / at / name).is_symlink()]
        yield from (at / name for name in [*names, *links] if at / name != Path(".git"))
