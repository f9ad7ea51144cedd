"""Whether the lab's own directories will do: files can be written there, and every tool can be told of them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lab_helpers import paths
from lab_helpers.cluster.findings import Finding
from lab_helpers.language import gettext as _

__all__ = ["findings"]

# KUBECONFIG and PATH are lists with colons between; kubectl takes what `--from-file` names for a list with commas, for
# quotes of such a list, and for KEY=FILE.
_NOT_TO_BE_TOLD = frozenset(':,"=\n')


def findings() -> Sequence[Finding]:
    """The directories for what is kept and for what can be made again; tried, and nothing stays."""
    return [
        *_home(),
        _look(_("state directory"), paths.state_directory(), "XDG_STATE_HOME"),
        _look(_("cache directory"), paths.cache_directory(), "XDG_CACHE_HOME"),
    ]


def _home() -> list[Finding]:
    """Nothing, unless the home directory is a file, where kubectl fails, or relative: another one for each program."""
    home = Path(os.environ.get("HOME") or "/")
    if home.is_absolute() and (home.is_dir() or not home.exists()):
        return []
    template = _("{directory} is no directory") if home.is_absolute() else _("{directory} is no absolute path")
    description = template.format(directory=home)
    return [Finding("HOME", ok=False, seen=description, next_step=f"export HOME={_elsewhere()}")]


def _look(name: str, directory: Path, variable: str) -> Finding:
    problem = _problem(directory)
    description = f"{directory}: {problem}" if problem else str(directory)
    return Finding(name, not problem, description, f"export {variable}={_elsewhere()}")


def _elsewhere() -> str:
    return f"/var/tmp/lab-{os.geteuid()}"  # noqa: S108 - told to its user, who makes it


def _problem(directory: Path) -> str:
    awkward = sorted(_NOT_TO_BE_TOLD.intersection(str(directory)))
    if awkward:
        letters = " ".join(map(repr, awkward))
        return _("kubectl and others take {letters} in a path for something else").format(letters=letters)
    parent = next(path for path in (directory, *directory.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=parent):
            return ""
    except OSError as error:
        return _("nothing can be written to {directory}: {error}").format(directory=parent, error=error.strerror)
