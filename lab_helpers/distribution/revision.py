"""The commit that a bundle or an image is made of; what is installed of it is a clone with its history."""

from __future__ import annotations

from pathlib import Path

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.language import ngettext

__all__ = ["committed", "write"]


def committed(checkout: Path) -> str:
    """The commit that HEAD is, where all of the checkout is committed.

    Raises:
        LabError: The checkout is no repository, has something that is not committed, or lacks its history.
    """
    if changes := _git(checkout, "status", "--porcelain"):
        count = len(changes.splitlines())
        template = ngettext(
            "{count} file is not committed, and would be left out",
            "{count} files are not committed, and would be left out",
            count,
        )
        raise LabError(template.format(count=count), object=str(checkout), next_step=f"git -C {checkout} status")
    if _git(checkout, "rev-parse", "--is-shallow-repository") == "true":
        reason = _("is a shallow clone, without the history that belongs to it")
        raise LabError(reason, object=str(checkout), next_step=f"git -C {checkout} fetch --unshallow")
    return _git(checkout, "rev-parse", "HEAD")


def write(checkout: Path, file: Path) -> int:
    """Write HEAD and all tags, with their history, as a Git bundle.

    Returns:
        What a clone takes on the disk, in bytes.
    """
    _git(checkout, "bundle", "create", "--quiet", str(file), "HEAD", "--tags")
    tracked = _git(checkout, "ls-tree", "-r", "--long", "HEAD").splitlines()
    sizes = (line.split(maxsplit=4)[3] for line in tracked)
    return file.stat().st_size + sum(int(size) for size in sizes if size.isdigit())


def _git(checkout: Path, *arguments: str) -> str:
    return shell.run(["git", "-C", checkout, *arguments]).stdout.strip()
