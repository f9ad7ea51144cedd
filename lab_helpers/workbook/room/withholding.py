"""What a trainer withholds from a lab's learner: it stays withheld until it is lifted by name."""

from __future__ import annotations

from collections.abc import Sequence

from lab_helpers import files, paths
from lab_helpers.errors import LabError, Unwritable
from lab_helpers.language import gettext as _
from lab_helpers.workbook.room.room import WITHHELD

__all__ = ["NOTHING", "decide"]

NOTHING = "none"
"""What is asked for to lift what was withheld."""


def decide(name: str, asked: Sequence[str]) -> list[str]:
    """What is withheld in a lab's room, from now on.

    Opening a room again without a word about it is the learner's, so it lifts nothing.

    Args:
        name: The lab's name.
        asked: What ``lab open`` was asked to withhold; ``none`` lifts what was; empty leaves it.

    Raises:
        LabError: That cannot be withheld, or the decision cannot be kept.
    """
    for what in asked:
        if what not in (*WITHHELD, NOTHING):
            raise LabError(
                _("cannot be withheld; hints and solutions can, and none lifts what was"),
                object=repr(what),
                next_step="lab open --withhold solutions",
            )
    file = paths.room_directory(name) / "withheld"
    if not asked:
        return file.read_text(encoding="utf-8").split() if file.exists() else []
    decided = [what for what in WITHHELD if what in asked]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unwritable(file, error) from error
    files.write(file, "\n".join(decided))
    return decided
