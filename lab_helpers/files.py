"""Write a file whole or not at all, so that a reader never meets half of one."""

from __future__ import annotations

import os
from pathlib import Path

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["write_atomically"]


def write_atomically(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` in one step; killed or failing in the middle, the old content stays.

    Raises:
        LabError: It could not be written: no such directory, no right, no space.
    """
    target = path.resolve()
    try:
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8")  # a pipe or /dev/stdout must not be renamed over
            return
        _replace(target, text)
    except OSError as error:
        raise LabError(
            _("cannot write: {error}").format(error=error.strerror),
            object=str(path),
            next_step=f"df -h {target.parent}",
        ) from error


def _replace(target: Path, text: str) -> None:
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
