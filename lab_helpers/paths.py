"""Every path outside the checkout: what the lab keeps between runs, what one cluster owns, caches, translations."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

__all__ = [
    "LAB_CHECKOUT",
    "cache_directory",
    "checkout_directory",
    "cluster_directory",
    "home_directory",
    "locale_directories",
    "progress_directory",
    "room_directory",
    "runs_directory",
    "state_directory",
    "workspace_directory",
]


LAB_CHECKOUT = "LAB_CHECKOUT"
"""The environment variable that names another checkout, or a directory with ``notebooks/`` and ``labs/`` of its own."""


def checkout_directory() -> Path:
    """Where the checkout is, if there is one: what ``LAB_CHECKOUT`` names, else what the package lies in."""
    named = os.environ.get(LAB_CHECKOUT, "")
    return Path(named) if named.startswith("/") else Path(__file__).resolve().parent.parent


def locale_directories() -> tuple[Path, ...]:
    """Where translations lie, as ``LANGUAGE/LC_MESSAGES/DOMAIN.po``.

    That is in lab_helpers, in each add-on, in each lab, and where the user adds some; the first of a domain is the one
    that counts.
    """
    package = Path(__file__).resolve().parent
    added = _xdg("XDG_DATA_HOME", ".local/share") / "kubernetes-lab" / "locale"
    of_parts = (*_locales(package / "addons", "*/locale"), *_locales(checkout_directory() / "labs", "lab_*/locale"))
    return package / "locale", *of_parts, added


@cache
def _locales(directory: Path, pattern: str) -> tuple[Path, ...]:
    return tuple(sorted(directory.glob(pattern)))


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


def cluster_directory(name: str) -> Path:
    """What the cluster of one lab keeps on this machine; removed with it."""
    return state_directory(name) / "cluster"


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
