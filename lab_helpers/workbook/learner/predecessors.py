"""What a phase begins with: what its learner finished in the phase before, else that phase's model answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import paths
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.learner import progress
from lab_helpers.workbook.learner.git import MAIN
from lab_helpers.workbook.learner.repository import Repository

__all__ = ["Source", "before", "learners"]


@dataclass(frozen=True)
class Source:
    """A repository of an earlier phase whose ``main`` is what a later one begins with.

    Attributes:
        repository: The repository.
        notebook: The stem of the earlier notebook.
        is_learners: Whether it is what the learner finished, and not the model answer.
        branch: The ref that holds it.
    """

    repository: Path
    notebook: str
    is_learners: bool
    branch: str = MAIN

    def __str__(self) -> str:
        """What the card says of it."""
        text = _("with what you finished in {notebook}") if self.is_learners else _("with the answer of {notebook}")
        return text.format(notebook=self.notebook)


def before(outline: Outline, part: str) -> Iterator[Outline]:
    """The phases before this one that work in the same repository, the last one first."""
    for notebook in reversed(outlines.notebooks()):
        if notebook < outline.notebook:
            phase = outlines.load(notebook)
            if part in phase.repositories:
                yield phase


def learners(name: str, phase: Outline, part: str) -> Source | None:
    """What a lab's learner finished in a phase; None where a step of it is not proven, or the repository is gone.

    What was proven before the phase began again does not count: the repository began again, too.
    """
    repository = Repository(paths.workspace_directory(name) / phase.notebook / part)
    known = progress.load(name, phase.notebook)
    if known is None or not all(map(known.has_finished, (step.id for step in phase.steps))):
        return None
    return Source(repository.directory, phase.notebook, True) if repository.knows_start else None
