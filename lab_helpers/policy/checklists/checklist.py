"""What a checklist is made of: boxes, and the points that tick each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from lab_helpers import language
from lab_helpers.policy.checklists.evidence import Place

__all__ = ["Box", "Checklist", "Point", "State", "Verdict"]

T = TypeVar("T")


class State(StrEnum):
    """How it stands with a point, or with a box."""

    TICKED = "ticked"
    OPEN = "open"
    """Not there, or not to be told."""
    NOT_NEEDED = "not-needed"


@dataclass(frozen=True)
class Point:
    """One thing that must be so for a box to be ticked, in the reader's language.

    Attributes:
        statement: What must be so.
        state: Whether it is.
        place: The evidence for or against; None where there is none.
        next_step: What to do about an open one.
    """

    statement: str
    state: State
    place: Place | None = None
    next_step: str = ""

    @classmethod
    def of(cls, statement: str, place: Place | None, next_step: str) -> Point:
        """A point that is ticked where there is evidence for it, and else open."""
        state = State.OPEN if place is None else State.TICKED
        return cls(statement, state, place, "" if place else next_step)


@dataclass(frozen=True)
class Box(Generic[T]):
    """A box of a checklist, about a subject of some type.

    Attributes:
        name: What programs call it.
        title: What it says.
        section: The section of the architecture that says why.
        look: Gathers the evidence.
    """

    name: str
    title: str
    section: str
    look: Callable[[T], Iterable[Point]]


@dataclass(frozen=True)
class Checklist(Generic[T]):
    """A checklist.

    Attributes:
        name: What is typed.
        title: What it is about.
        boxes: In the order of the architecture.
    """

    name: str
    title: str
    boxes: tuple[Box[T], ...]

    def judge(self, subject: T) -> tuple[Verdict, ...]:
        """How it stands with each box.

        Args:
            subject: What it is about.

        Raises:
            LabError: The subject cannot be looked at.
        """
        return tuple(Verdict(box.name, box.title, box.section, tuple(box.look(subject))) for box in self.boxes)


@dataclass(frozen=True)
class Verdict:
    """How it stands with a box.

    Attributes:
        box: Its name.
        heading: What it says, in English.
        section: The section of the architecture that says why.
        points: What was looked at.
    """

    box: str
    heading: str
    section: str
    points: tuple[Point, ...]

    @property
    def title(self) -> str:
        """What the box says, in the reader's language."""
        return language.gettext(self.heading)

    @property
    def state(self) -> State:
        """Open where any point is, or nothing was looked at; not needed where all points are."""
        states = {point.state for point in self.points}
        if State.OPEN in states or not states:
            return State.OPEN
        return State.NOT_NEEDED if states == {State.NOT_NEEDED} else State.TICKED
