"""A learner's room: what `lab open` tells the notebooks and terminals in it, and what its pages and terminals share."""

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
    "note_reset",
    "resets",
    "withheld",
]

LAB_NAME = "LAB_NAME"
"""The variable by which ``lab open`` names the lab to the notebooks it opens."""

LAB_ROOM = "LAB_ROOM"
"""The variable that holds the room's directory; set in the notebooks and terminals that ``lab open`` opens."""

LAB_WITHHOLD = "LAB_WITHHOLD"
"""The variable that says what a trainer withholds: ``hints``, ``solutions`` or both, with a comma between them."""

WITHHELD = ("hints", "solutions")

_RESETS = "resets"


def is_learners(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a learner is at work here, and not a headless run, which may have been started from a room."""
    return LAB_ROOM in environment and NOTEBOOK not in environment


def withheld(what: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a trainer withholds ``hints`` or ``solutions`` here; from a headless run nothing is."""
    return NOTEBOOK not in environment and what in environment.get(LAB_WITHHOLD, "").split(",")


def bring_to_front(notebook: str) -> None:
    """Tell the terminals of this process's room that a notebook, named by its stem, is the one in front."""
    files.write(Path(os.environ[LAB_ROOM]) / "front", f"{notebook}\n")  # a prompt may be reading it


def note_reset(name: str, notebook: str) -> None:
    """Tell the pages of a lab's room that a notebook, named by its stem, begins again.

    What was never saved of them they keep where earlier work lies.
    """
    (paths.workspace_directory(name) / "kept").mkdir(exist_ok=True)
    directory = paths.room_directory(name) / _RESETS
    directory.mkdir(parents=True, exist_ok=True)
    (directory / notebook).touch()


def resets() -> dict[str, str]:
    """When each notebook of this process's room was reset last; only those that were."""
    return {file.name: str(file.stat().st_mtime_ns) for file in (Path(os.environ[LAB_ROOM]) / _RESETS).glob("*")}
