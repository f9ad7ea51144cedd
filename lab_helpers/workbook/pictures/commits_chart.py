"""Chart commits beside what the cluster made of them: which were applied, after how long, and with which release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.drawing import Drawing, shortened, version_looks
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["Commit", "commits_story", "commits_table", "draw_commits"]

_EDGE, _BRANCH, _SUBJECT = 18, 32, 50
_CLUSTER, _BLOCK = 480, 210
_HEAD, _ROW = 78, 46


@dataclass(frozen=True)
class Commit:
    """A commit of a repository that a cluster follows.

    Attributes:
        revision: Its hash, shortened.
        subject: The first line of its message.
        release: The tag of the image that it names.
        applied_after: Seconds from the commit until the cluster was what it says; None where it never was.
    """

    revision: str
    subject: str
    release: str
    applied_after: float | None

    def __str__(self) -> str:
        return phrase(words.COMMIT_STORY, revision=self.revision, subject=self.subject, outcome=self.outcome)

    @property
    def outcome(self) -> str:
        """What became of it, in the reader's language."""
        if self.applied_after is None:
            return phrase(words.NOT_APPLIED)
        return phrase(words.APPLIED_AFTER, seconds=f"{self.applied_after:.0f}")


def commits_story(commits: Sequence[Commit]) -> str:
    """The chart in one sentence, for screen readers."""
    return phrase(words.FOLLOWED_STORY, commits="; ".join(map(str, commits)))


def commits_table(commits: Sequence[Commit]) -> Table:
    """The same as a table."""
    columns = (words.COMMIT, words.SUBJECT, words.RELEASE, words.OUTCOME_OF)
    rows = [(commit.revision, commit.subject, commit.release, commit.outcome) for commit in commits]
    return Table(tuple(map(phrase, columns)), rows)


def draw_commits(commits: Sequence[Commit]) -> str:
    """The picture as SVG, the oldest commit on top.

    Args:
        commits: The commits, oldest first.
    """
    drawing = Drawing(_CLUSTER + _BLOCK + _EDGE)
    drawing.text(_EDGE, 30, phrase(words.FOLLOWED), "title")
    drawing.text(_SUBJECT, _HEAD - 12, phrase(words.IN_GIT), "quiet small")
    drawing.text(_CLUSTER, _HEAD - 12, phrase(words.IN_CLUSTER), "quiet small")
    drawing.line(_BRANCH, _middle(0), _BRANCH, _middle(len(commits) - 1), "link")
    looks = version_looks(commit.release for commit in commits)
    for index, commit in enumerate(commits):
        drawing.line(_EDGE, _HEAD + _ROW * index, drawing.width - _EDGE, _HEAD + _ROW * index, "rule")
        _draw_commit(drawing, _middle(index), commit)
        if commit.applied_after is not None:
            _draw_applied(drawing, _middle(index), commit, looks[commit.release])
    height = _HEAD + _ROW * len(commits) + 8
    return drawing.svg(height, phrase(words.FOLLOWED), commits_story(commits))


def _draw_commit(drawing: Drawing, middle: float, commit: Commit) -> None:
    drawing.circle(_BRANCH, middle, 6, "untried" if commit.applied_after is None else "kept")
    drawing.text(_SUBJECT, middle - 2, shortened(commit.subject, _CLUSTER - _SUBJECT - 110), "name")
    drawing.text(_SUBJECT, middle + 15, commit.revision, "quiet mono")
    drawing.text(_CLUSTER - 12, middle + 15, commit.outcome, "quiet small", "end")


def _draw_applied(drawing: Drawing, middle: float, commit: Commit, look: str) -> None:
    drawing.rect(_CLUSTER, middle - 18, _BLOCK, _ROW - 8, " ".join((look, "fading")), 4)
    drawing.text(_CLUSTER + 12, middle + 6, shortened(commit.release, _BLOCK - 24), "name")


def _middle(row: int) -> float:
    return _HEAD + _ROW * (row + 0.5)
