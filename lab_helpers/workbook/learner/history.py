"""What a repository of the template begins with: its commits and tags, the same ones wherever they are made."""

from __future__ import annotations

import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

from lab_helpers import checkout
from lab_helpers.workbook.learner.repository import SECRET_FILES, Repository, Start

__all__ = ["LATER", "copy_template", "template"]

_NOT_COPIED = shutil.ignore_patterns("node_modules", "__pycache__", ".git", SECRET_FILES)
# Every commit of a start has a fixed date, so that starting again gives the same commits: this one and hours after it.
_FIRST = 1767603600  # 2026-01-05 09:00 UTC
_HOUR = 3600
LATER = _FIRST + 24 * _HOUR
"""The date of what is committed upon the template's commits, in seconds since 1970."""


def template(repository: Repository, part: str) -> Start:
    """Commit a part of the template in a repository, on no branch.

    Args:
        repository: Where the commits are made.
        part: The part, as a path below the checkout: ``infra``, or ``app/prj_02``.

    Raises:
        LabError: It cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="lab-template-") as scratch:
        copy = Path(scratch) / "copy"
        copy_template(part, copy)
        title = "Begin the Deploy repository" if part == "infra" else f"Begin the App repository of {Path(part).name}"
        return Start(repository.record(f"{title} from the template\n\n{_stamp()}\n", [], _FIRST, files=copy), {})


def copy_template(part: str, target: Path) -> None:
    """Copy a part of the template, without what tools left behind and without anybody's secret values."""
    shutil.copytree(checkout.source_directory() / part, target, ignore=_NOT_COPIED)


def _stamp() -> str:
    """Which template a repository came from, as a trailer of its first commit."""
    return f"Template-Version: kubernetes-lab {version('kubernetes-lab')}"
