"""The learner's workspace: a copy of the template that starts fresh and never costs anybody their work."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from lab_helpers import checkout, paths
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course.outlines import Outline

__all__ = ["SECRET_FILES", "Workspace", "find", "lay_template", "prepare"]

# The values of secrets: generated at random for a cluster's namespace that a start deletes, so worth nothing after it.
SECRET_FILES = "*.env"  # noqa: S105 - a pattern of file names
"""Which files of a workspace hold secret values."""

_NOT_COPIED = shutil.ignore_patterns("app.toml", "releases", "node_modules", "__pycache__", SECRET_FILES)


@dataclass(frozen=True)
class Workspace:
    """Where the learner works on one lab.

    Attributes:
        directory: The workspace.
        kept: Where this start put work that it found there; None when there was nothing to keep.
    """

    directory: Path
    kept: Path | None


def find(outline: Outline, name: str) -> Workspace | None:
    """The workspace of a lab as it was left; None where there is none."""
    directory = _place(outline, name)
    return Workspace(directory, None) if directory.is_dir() else None


def prepare(outline: Outline, name: str, localize: Callable[[Path], None] = lambda _: None) -> Workspace:
    """Bring the workspace of a lab to its start: a fresh copy of the template, and the lab's ``starter/`` over it.

    Work that is found there is moved aside first, to a directory named after its content, so that starting again
    and again from the same work keeps it once.

    Args:
        outline: The lab.
        name: The name of the learner's cluster.
        localize: Fits the fresh copy to that cluster.

    Raises:
        LabError: The workspace cannot be written.
    """
    directory = _place(outline, name)
    fresh = directory.with_name(f".{outline.notebook}.{os.getpid()}")
    try:
        lay_template(outline, fresh, localize)
        kept = _set_aside(directory, fresh)
        shutil.rmtree(directory, ignore_errors=True)
        fresh.replace(directory)
    except OSError as error:
        raise LabError(
            _("cannot be written: {reason}").format(reason=error.strerror or error),
            object=str(error.filename or directory),
            next_step="df -h",
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Workspace(directory, kept)


def lay_template(outline: Outline, target: Path, localize: Callable[[Path], None] = lambda _: None) -> None:
    """Make ``target`` a fresh copy of what the lab's learner begins with, fitted to their cluster by ``localize``."""
    target.mkdir(parents=True)
    for part in outline.template:
        shutil.copytree(checkout.source_directory() / part, target / part, ignore=_NOT_COPIED)
    if (outline.directory / "starter").is_dir():
        shutil.copytree(outline.directory / "starter", target, dirs_exist_ok=True)
    localize(target)


def _place(outline: Outline, name: str) -> Path:
    return paths.workspace_directory(name) / outline.notebook


def _set_aside(directory: Path, fresh: Path) -> Path | None:
    """Move what is in ``directory`` to where kept work lies, unless it is as ``fresh`` or lies there already."""
    if not directory.exists():
        return None
    found = _digest(directory)
    if found == _digest(fresh):
        return None
    kept = directory.parent / "kept" / f"{directory.name}-{found[:12]}"
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        directory.replace(kept)
    return kept


def _digest(directory: Path) -> str:
    digest = hashlib.sha256()
    for file in _files(directory):
        digest.update(f"{file.relative_to(directory)}\0{file.stat().st_mode:o}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _files(directory: Path) -> Iterator[Path]:
    found = (path for path in sorted(directory.rglob("*")) if path.is_file())
    return (path for path in found if not fnmatch(path.name, SECRET_FILES))
