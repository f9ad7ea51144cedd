"""What a trainer withholds from a lab's learner: saved until it is lifted explicitly."""

from __future__ import annotations

from collections.abc import Sequence

from lab_helpers import files, paths
from lab_helpers.errors import LabError, Unwritable
from lab_helpers.language import gettext as _
from lab_helpers.workbook.room.room import WITHHELD

__all__ = ["NOTHING", "decide"]

NOTHING = "none"
"""The option's value that lifts what was withheld."""


def decide(name: str, requested: Sequence[str]) -> list[str]:
    """Decide and save what is withheld in a lab's room.

    A learner reopens the room without the option, which lifts nothing.

    Args:
        name: The lab's name.
        requested: The values of ``--withhold``; ``none`` lifts what was withheld; empty changes nothing.

    Raises:
        LabError: A value is invalid, or the decision cannot be saved.
    """
    for item in requested:
        if item not in (*WITHHELD, NOTHING):
            raise LabError(
                _("cannot be withheld; hints and solutions can, and none lifts what was"),
                object=repr(item),
                next_step="lab open --withhold solutions",
            )
    file = paths.room_directory(name) / "withheld"
    if not requested:
        return file.read_text(encoding="utf-8").split() if file.exists() else []
    decided = [item for item in WITHHELD if item in requested]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unwritable(file, error) from error
    files.write(file, "\n".join(decided))
    return decided
