"""Attempts at the steps of a lab on a real cluster: nothing done, each mistake, and the solution as it is shown."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import language, wait
from lab_helpers.cluster.base import Cluster
from lab_helpers.errors import CheckFailed, LabError
from lab_helpers.kube.client import PATIENCE_SECONDS
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.validation.draft import Draft
from lab_helpers.validation.golden import expect_card, masked, write_card
from lab_helpers.validation.snapshot import Snapshot
from lab_helpers.workbook.course import answers, checks
from lab_helpers.workbook.course.answers import WrongAnswer
from lab_helpers.workbook.course.outlines import Step
from lab_helpers.workbook.display import cards
from lab_helpers.workbook.learner.solutions import Solution
from lab_helpers.workbook.session.lab import Lab
from lab_helpers.workbook.session.opening import open_lab
from lab_helpers.workbook.session.resetting import reset
from lab_helpers.workbook.session.shell_cells import CellFailed

__all__ = ["Attempt", "Bench", "attempts"]

_SETTLE_SECONDS = 60.0
_WATCHES = re.compile(r'^lab\.watch_rollout\((?:"([^"]*)")?\)', re.MULTILINE)

_UNTOUCHED = gettext_noop("{step}: the check fails where nothing is done")
_MISTAKEN = gettext_noop("{step}: the check catches {mistake}")
_SOLVED = gettext_noop("{step}: the check passes on the solution, typed as it is shown")


@dataclass(frozen=True)
class Attempt:
    """One attempt at a step.

    Attributes:
        draft: The notebook and its lab.
        step: The step.
        wrong: The wrong answer that is given; None where nothing is done, or all of it rightly.
        is_solution: Whether it is the solution.
    """

    draft: Draft
    step: Step
    wrong: WrongAnswer | None = None
    is_solution: bool = False

    def __str__(self) -> str:
        tried = self.wrong.directory.name if self.wrong else "solution" if self.is_solution else "untouched"
        return f"{self.draft.outline.notebook}-{self.step.id}-{tried}"

    @property
    def statement(self) -> str:
        """What it proves, in the reader's language."""
        statement = _MISTAKEN if self.wrong else _SOLVED if self.is_solution else _UNTOUCHED
        mistake = self.wrong.directory.name if self.wrong else ""
        return language.gettext(statement).format(step=self.step.id, mistake=mistake)


def attempts(draft: Draft) -> Iterator[Attempt]:
    """The attempts at a lab in the order in which they can be made on one cluster."""
    last: list[Attempt] = []
    for step in draft.outline.steps:
        yield Attempt(draft, step)
        for wrong in answers.wrong_answers(draft.outline, step.id):
            attempt = Attempt(draft, step, wrong)
            if wrong.is_last:
                last.append(attempt)
            else:
                yield attempt
        yield Attempt(draft, step, is_solution=True)
    yield from last


class Bench:
    """Where attempts are made: labs open on one cluster, by their notebooks.

    Args:
        cluster: The cluster; a lab that was open there begins again, and the work found in it is kept aside.
        writes_cards: Whether the cards of wrong answers are written, not compared.
    """

    def __init__(self, cluster: Cluster, *, writes_cards: bool = False) -> None:
        self._cluster = cluster
        self._writes_cards = writes_cards
        self._labs: dict[str, Lab] = {}
        self._scratch = tempfile.TemporaryDirectory(prefix="lab-attempts-")
        self._snapshots: dict[str, Snapshot] = {}

    def close(self) -> None:
        """End what runs in the labs."""
        self._scratch.cleanup()
        for lab in self._labs.values():
            lab.close()

    def make(self, attempt: Attempt) -> None:
        """Make an attempt.

        Raises:
            LabError: It does not prove what it is to prove; says what was seen, and what to do.
        """
        with _in_english():
            lab = self._lab(attempt.draft)
            if attempt.is_solution or attempt.step.is_watched:
                _settle(lab)
            if attempt.step.is_watched and (lab.watch is None or lab.watch.is_over or lab.watch.observation.failures):
                lab.watch_rollout(_watched_name(attempt))
            if attempt.is_solution:
                self._solve(lab, attempt)
            elif attempt.wrong is None:
                _expect_failure(lab, attempt)
            else:
                self._mistake(lab, attempt, attempt.wrong)

    def _lab(self, draft: Draft) -> Lab:
        notebook = draft.outline.notebook
        if notebook not in self._labs:
            # A card may tell of all that is on the cluster, so that nothing of another notebook is.
            for outline in (*(lab.outline for lab in self._labs.values()), draft.outline):
                reset(outline, self._cluster, lambda _line: None)
            # As for a learner: whatever is to be answered is answered here.
            lab = open_lab(notebook, name=self._cluster.name, solve=False)
            lab.health.answer_seconds = PATIENCE_SECONDS  # nobody waits for the card
            self._labs[notebook] = lab
            copy = Path(self._scratch.name) / notebook
            self._snapshots[notebook] = Snapshot(lab.workspace, copy)
        return self._labs[notebook]

    def _solve(self, lab: Lab, attempt: Attempt) -> None:
        card = lab.solution(attempt.step.id)
        lab.shell("".join(str(value) for _name, value in card.lines if isinstance(value, Solution)))
        lab.check(attempt.step.id)
        after = answers.solution(lab.outline, attempt.step.id).after
        if after:
            lab.shell(after)

    def _mistake(self, lab: Lab, attempt: Attempt, wrong: WrongAnswer) -> None:
        with _undone(lab, wrong, self._snapshots[lab.outline.notebook]):
            wrong.give(lab.workspace, lab.shell)
            failure = _expect_failure(lab, attempt)
            said = f"{failure.expected}\n{failure.seen}\n{failure.hint}\n{failure.next_step}"
            if wrong.expect not in said:
                reason = _("its card does not say {text}; it says: {said}").format(text=repr(wrong.expect), said=said)
                raise LabError(reason, object=str(attempt), next_step=f"less {wrong.directory}/wrong.toml")
            title = checks.load(lab.outline.notebook)[wrong.step].title
            card = masked(repr(cards.failed(title, failure, "")), self._cluster.name, lab.vary)
            if self._writes_cards:
                write_card(wrong, card)
            else:
                expect_card(wrong, card, lab.outline.notebook)


def _expect_failure(lab: Lab, attempt: Attempt) -> CheckFailed:
    """What the check says, which has to fail."""
    try:
        lab.check(attempt.step.id)
    except CheckFailed as failure:
        return failure
    raise LabError(_("the check passes"), object=str(attempt), next_step=f"less {lab.outline.directory}/checks.py")


def _watched_name(attempt: Attempt) -> str:
    """What the notebook watches in this step."""
    sources = (cell.source for cell in attempt.draft.before_check(attempt.step))
    calls = [match[1] or "" for source in sources for match in _WATCHES.finditer(source)]
    return next(iter(calls), "")


@contextmanager
def _undone(lab: Lab, wrong: WrongAnswer, snapshot: Snapshot) -> Iterator[None]:
    """Give the workspace back as it is now; what the mistake did to the cluster is undone by its own script."""
    snapshot.take()
    try:
        yield
    except LabError:
        snapshot.give_back()
        if wrong.undo:
            with suppress(CellFailed):  # of what the mistake did not come to; why it did not is what counts
                lab.shell(wrong.undo)
        raise
    snapshot.give_back()
    if wrong.undo:
        lab.shell(wrong.undo)


def _settle(lab: Lab) -> None:
    """Wait for what the attempt before left behind: pods on their way out must not stand for the Deployment's."""

    def is_settled() -> bool:
        pods = [pod for namespace in lab.outline.namespaces for pod in lab.client.list("pod", namespace)]
        return not any(pod["metadata"].get("deletionTimestamp") for pod in pods)

    wait.until(is_settled, seconds=_SETTLE_SECONDS, outcome="settle", object=lab.outline.notebook)


@contextmanager
def _in_english() -> Iterator[None]:
    """Cards are compared as they are written: in English."""
    spoken = os.environ.get(language.LAB_LANGUAGE)
    os.environ[language.LAB_LANGUAGE] = language.SOURCE
    try:
        yield
    finally:
        del os.environ[language.LAB_LANGUAGE]
        if spoken is not None:
            os.environ[language.LAB_LANGUAGE] = spoken
