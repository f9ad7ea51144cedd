"""A learner's room: the variables that `lab open` sets in it, and the state that its pages and terminals share."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from lab_helpers import files, paths
from lab_helpers.events import NOTEBOOK

__all__ = [
    "LAB_NAME",
    "LAB_ROOM",
    "LAB_WITHHOLD",
    "WITHHELD",
    "bring_to_front",
    "is_learners",
    "is_withheld",
    "note_reset",
    "resets",
]

LAB_NAME = "LAB_NAME"
"""The environment variable with the lab's name."""

LAB_ROOM = "LAB_ROOM"
"""The environment variable with the room's directory; set in the notebooks and terminals of ``lab open``."""

LAB_WITHHOLD = "LAB_WITHHOLD"
"""The environment variable with what a trainer withholds: ``hints``, ``solutions`` or both, separated by a comma."""

WITHHELD = ("hints", "solutions")

_RESETS = "resets"


def is_learners(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process runs in a learner's room, and not in a headless run, which may be started from one."""
    return LAB_ROOM in environment and NOTEBOOK not in environment


def is_withheld(item: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a trainer withholds ``hints`` or ``solutions``; never from a headless run."""
    return NOTEBOOK not in environment and item in environment.get(LAB_WITHHOLD, "").split(",")


def bring_to_front(notebook: str) -> None:
    """Record the notebook in front, by its stem, for the terminals of this process's room."""
    files.write(Path(os.environ[LAB_ROOM]) / "front", f"{notebook}\n")  # a prompt may be reading it


def note_reset(name: str, notebook: str) -> None:
    """Record the reset of a notebook, by its stem, for the pages of a lab's room.

    Pages save unsaved changes to the directory of kept work.
    """
    (paths.workspace_directory(name) / "kept").mkdir(exist_ok=True)
    directory = paths.room_directory(name) / _RESETS
    directory.mkdir(parents=True, exist_ok=True)
    (directory / notebook).touch()


def resets() -> dict[str, str]:
    """The time of the last reset of each notebook of this process's room that was reset, in ns since 1970."""
    return {file.name: str(file.stat().st_mtime_ns) for file in (Path(os.environ[LAB_ROOM]) / _RESETS).glob("*")}
