"""Labs that a run made for itself: nobody gave them a name and nobody will look for them, so they go with their run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain, count

from lab_helpers import locks, paths
from lab_helpers.cluster import record
from lab_helpers.language import gettext as _

__all__ = ["remove_leftovers", "running", "unused_name"]

_RUN = "run"
# In a lab's directory, by whoever made it without having been given a name. Names tell nothing: anybody may call a
# lab run-1.
_UNNAMED = "unnamed"


def unused_name() -> str:
    """What a run may call its lab: nobody has a lab of that name, or had one and left work in it."""
    names = (f"run-{os.getpid()}{suffix}" for suffix in chain([""], (f"-{number}" for number in count(2))))
    return next(name for name in names if not paths.state_directory(name).exists())


@contextmanager
def running(name: str, command: str, *, is_named: bool) -> Iterator[None]:
    """Have a lab for a run inside, which nobody else runs on; a lab without a name goes with it.

    Args:
        name: What the lab is called.
        command: What runs on it, as in ``lab run``.
        is_named: Whether somebody gave it that name.

    Raises:
        LabError: Another run is on it.
    """
    directory = paths.state_directory(name)
    lab = _("lab {name}").format(name=name)
    try:
        with locks.hold(directory / _RUN, command, object=lab, next_step="--name ANOTHER"):
            if not is_named:
                (directory / _UNNAMED).touch()
            try:
                yield
            finally:
                if not is_named and not record.path(name).exists():  # else something of it is left, for `lab down`
                    shutil.rmtree(directory, ignore_errors=True)
    finally:
        with suppress(OSError):  # it is not empty where the run came as far as a cluster or a workspace
            directory.rmdir()


def remove_leftovers() -> None:
    """Remove what runs that were killed left of labs without a name; what is left on a cluster has its record."""
    for mark in paths.state_directory().glob(f"labs/*/{_UNNAMED}"):
        directory = mark.parent
        if not locks.is_held(directory / _RUN) and not record.path(directory.name).exists():
            shutil.rmtree(directory, ignore_errors=True)
