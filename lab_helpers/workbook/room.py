"""A learner's room: what `lab open` tells the notebooks and terminals in it, by variables of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping

from lab_helpers.events import NOTEBOOK

__all__ = ["LAB_NAME", "LAB_ROOM", "LAB_WITHHOLD", "WITHHELD", "is_learners", "withheld"]

LAB_NAME = "LAB_NAME"
"""The variable by which ``lab open`` names the lab to the notebooks it opens."""

LAB_ROOM = "LAB_ROOM"
"""The variable that holds the room's directory; set in the notebooks and terminals that ``lab open`` opens."""

LAB_WITHHOLD = "LAB_WITHHOLD"
"""The variable that says what a trainer withholds: ``hints``, ``solutions`` or both, with a comma between them."""

WITHHELD = ("hints", "solutions")


def is_learners(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a learner is at work here, and not a headless run, which may have been started from a room."""
    return LAB_ROOM in environment and NOTEBOOK not in environment


def withheld(what: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a trainer withholds ``hints`` or ``solutions`` here; from a headless run nothing is."""
    return NOTEBOOK not in environment and what in environment.get(LAB_WITHHOLD, "").split(",")
