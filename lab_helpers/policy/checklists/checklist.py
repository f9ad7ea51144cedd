"""What a checklist is made of: boxes, and the points that tick each."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from lab_helpers import language
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.policy.checklists import evidence
from lab_helpers.policy.checklists.dockerfile import Dockerfile, parse
from lab_helpers.policy.checklists.evidence import Place
from lab_helpers.policy.files import File, read
from lab_helpers.policy.kind import Kind, detect, is_aside, is_dockerfile, is_source, is_tooling

__all__ = ["Box", "Checklist", "Point", "State", "Subject", "Verdict", "judge"]


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


class Subject:
    """The repository that a checklist is about.

    Args:
        root: Its directory.
        files: Its text files.
    """

    def __init__(self, root: Path, files: Sequence[File]) -> None:
        self.root = root
        # What lies highest is the repository's own, rather than an example in it.
        self.files = tuple(sorted(files, key=lambda file: file.path.count("/")))

    @cached_property
    def code(self) -> tuple[File, ...]:
        """The source that runs: neither tests nor examples nor the scripts of whoever works with it."""
        return tuple(evidence.code_of(file) for file in self.files if is_source(file) and not self._is_beside(file))

    @cached_property
    def tests(self) -> tuple[File, ...]:
        """The files of tests."""
        return tuple(evidence.code_of(file) for file in self.files if is_source(file) and evidence.is_test(file))

    @cached_property
    def dockerfile(self) -> Dockerfile | None:
        """The Dockerfile, of several the one that lies highest; None where there is none."""
        candidates = [file for file in self.files if is_dockerfile(file) and not is_aside(file)]
        highest = min(candidates, key=lambda file: (file.path.count("/"), len(file.name), file.path), default=None)
        return parse(highest) if highest else None

    @staticmethod
    def _is_beside(file: File) -> bool:
        return is_aside(file) or is_tooling(file) or evidence.is_test(file) or evidence.is_configuration(file)


@dataclass(frozen=True)
class Box:
    """A box of a checklist.

    Attributes:
        name: What programs call it.
        title: What it says.
        section: The section of the architecture that says why.
        look: Gathers the evidence.
    """

    name: str
    title: str
    section: str
    look: Callable[[Subject], Iterable[Point]]


@dataclass(frozen=True)
class Checklist:
    """A checklist.

    Attributes:
        name: What is typed.
        title: What it is about.
        boxes: In the order of the architecture.
    """

    name: str
    title: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class Verdict:
    """How it stands with a box.

    Attributes:
        box: Which.
        points: What was looked at.
    """

    box: Box
    points: tuple[Point, ...]

    @property
    def title(self) -> str:
        """What the box says, in the reader's language."""
        return language.gettext(self.box.title)

    @property
    def state(self) -> State:
        """Open where any point is; not needed where all are."""
        states = {point.state for point in self.points}
        if State.OPEN in states:
            return State.OPEN
        return State.NOT_NEEDED if states == {State.NOT_NEEDED} else State.TICKED


def judge(checklist: Checklist, root: Path) -> tuple[Verdict, ...]:
    """How it stands with each box of a checklist.

    Args:
        checklist: Which.
        root: The repository's directory.

    Raises:
        LabError: It cannot be read, holds nothing, or holds several repositories.
    """
    if not root.is_dir():
        raise LabError(_("is no directory"), object=str(root), next_step=f"ls -ld {root}")
    files = read(root).files
    if not files:
        raise LabError(_("holds no file that could be judged"), object=str(root), next_step=f"ls -A {root}")
    if detect(files) is Kind.TEMPLATE:
        reason = _("is the template, of which each application is a repository")
        part = next(file.directory for file in files if is_dockerfile(file) and file.path.startswith("app/"))
        step = shlex.join(["lab", "checklist", checklist.name, str(root / part)])
        raise LabError(reason, object=str(root), next_step=step)
    subject = Subject(root, files)
    return tuple(Verdict(box, tuple(box.look(subject))) for box in checklist.boxes)
