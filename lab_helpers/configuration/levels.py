"""The four levels of configuration, the later before the earlier, and what one of them says of a variable."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Level", "Setting"]


class Level(IntEnum):
    """Where a value is set (section 3.3); of two that set one, the higher wins."""

    BASE = 1
    OVERLAY = 2
    HELM = 3
    SECRET = 4


@dataclass(frozen=True)
class Setting:
    """What a level says of a variable.

    Attributes:
        level: The level.
        file: Where it is written, as a path in the repository.
        line: The line, counted from 1.
        value: The value; None where only a cluster has it: it is sealed, or made where it is deployed.
    """

    level: Level
    file: str
    line: int
    value: str | None
