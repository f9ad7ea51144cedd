"""Every path the lab uses: its own source tree, what it keeps between runs, what one cluster owns."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = [
    "app_directory",
    "cache_directory",
    "home_directory",
    "infra_directory",
    "labs_directory",
    "locale_directories",
    "notebooks_directory",
    "progress_directory",
    "room_directory",
    "runs_directory",
    "source_directory",
    "state_directory",
    "workspace_directory",
]


def source_directory() -> Path:
    """The checkout: where ``notebooks/``, ``labs/``, ``app/`` and ``infra/`` lie.

    Raises:
        LabError: The package was installed without it, which is enough for clusters and the pytest plugin only.
    """
    package = Path(__file__).resolve().parent
    if not (package.parent / "notebooks").is_dir():
        from lab_helpers.errors import LabError  # its language is found by the paths of this module
        from lab_helpers.language import gettext as _

        raise LabError(
            _("is installed without its checkout, where the workbook lies"),
            object=str(package),
            next_step=f"make lab   # {_('in a checkout')}",
        )
    return package.parent


def notebooks_directory() -> Path:
    """The workbook."""
    return source_directory() / "notebooks"


def labs_directory() -> Path:
    """The labs behind the workbook, one package a notebook."""
    return source_directory() / "labs"


def app_directory() -> Path:
    """The App repositories of the template."""
    return source_directory() / "app"


def infra_directory() -> Path:
    """The Deploy repository of the template."""
    return source_directory() / "infra"


def locale_directories() -> tuple[Path, ...]:
    """Where translations lie, as ``LANGUAGE/LC_MESSAGES/DOMAIN.po``: the project's own, and what the user adds."""
    added = _xdg("XDG_DATA_HOME", ".local/share") / "kubernetes-lab" / "locale"
    return Path(__file__).resolve().parent / "locale", added


def _xdg(variable: str, fallback: str) -> Path:
    # The XDG base directory specification: a relative path in these variables is invalid and ignored.
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else home_directory() / fallback


def home_directory() -> Path:
    """The user's home directory, or one that is not there for an account without any."""
    try:
        return Path.home()
    except RuntimeError:  # an account without one: whoever tries to write there says so, and which variable helps
        return Path("/nonexistent")


def cache_directory() -> Path:
    """What can be made again: binaries, base images, downloads. Shared by all labs."""
    return _xdg("XDG_CACHE_HOME", ".cache") / "kubernetes-lab"


def state_directory(name: str | None = None) -> Path:
    """What must outlive a command: the records of clusters. With a name, the directory of that lab."""
    root = _xdg("XDG_STATE_HOME", ".local/state") / "kubernetes-lab"
    return root if name is None else root / "labs" / name


def workspace_directory(name: str) -> Path:
    """Where the learner of one lab works."""
    return state_directory(name) / "workspace"


def progress_directory(name: str) -> Path:
    """Where the progress of one lab's learner is kept, a file a notebook."""
    return state_directory(name) / "progress"


def room_directory(name: str) -> Path:
    """What ``lab open`` keeps for one lab: JupyterLab's settings and layout, and what its terminals begin with."""
    return state_directory(name) / "room"


def runs_directory() -> Path:
    """Where ``lab run`` writes by default, in the directory it was called from."""
    return Path.cwd() / "build" / "lab"
