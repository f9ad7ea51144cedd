"""What became of each step: shown as a card, written to the learner's progress, reported to the run as an event."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict

from lab_helpers import events, wait
from lab_helpers.cluster.base import Cluster
from lab_helpers.errors import CheckFailed, LabError
from lab_helpers.events import NOTEBOOK
from lab_helpers.kube.client import Client
from lab_helpers.redact import Redactor
from lab_helpers.workbook.course.checks import Evidence
from lab_helpers.workbook.course.outlines import Outline, Step
from lab_helpers.workbook.display import cards
from lab_helpers.workbook.display.showing import show
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.learner.progress import NOT_BEGUN, Progress
from lab_helpers.workbook.room import room
from lab_helpers.workbook.room.room_setup import write_map
from lab_helpers.workbook.session import guidance, predictions

__all__ = ["Verdicts"]

_DIAGNOSIS_SECONDS = 10.0  # of a cluster that may not answer any more


class Verdicts:
    """The verdicts on the steps of one lab.

    Args:
        outline: What the lab is about.
        progress: The learner's, where they are kept.
        cluster: What the lab runs on.
        client: The cluster's objects, for a diagnosis.
        redactor: Makes what masks all that is secret by now.
    """

    def __init__(
        self,
        outline: Outline,
        progress: Progress,
        cluster: Cluster,
        client: Client,
        redactor: Callable[[], Redactor] = Redactor,
    ) -> None:
        self._outline = outline
        self._progress = progress
        self._cluster = cluster
        self._client = client
        self._redactor = redactor
        self._since = time.monotonic()

    def passed(self, step: Step, title: str, evidence: Evidence) -> None:
        """A step is proven; what its learner had expected stands beside the evidence."""
        expected = self._progress.step(step.id).prediction
        beside = predictions.beside(step.prediction, expected) if step.prediction is not None else []
        evidence = evidence.redacted(self._redactor().text)
        show(cards.passed(step.id, title, evidence, beside))
        self._judge(step, "passed", evidence=_data(evidence))

    def failed(self, step: Step, title: str, failure: CheckFailed) -> None:
        """A step is not done; the card says what is missing, and the cluster what is wrong with it."""
        from lab_helpers.kube.diagnose import diagnose

        with wait.look(_DIAGNOSIS_SECONDS):
            diagnosis = "\n".join(diagnose(self._client, namespace) for namespace in self._outline.namespaces)
        redactor = self._redactor()
        failure.redact(redactor.text)
        diagnosis = redactor.text(diagnosis)
        is_first = self._progress.step(step.id).state == NOT_BEGUN
        show(cards.failed(title, guidance.tempered(step, failure, is_first=is_first), diagnosis))
        fields_of_failure = {name: getattr(failure, name) for name in ("expected", "seen", "hint", "next_step")}
        evidence = _data(failure.evidence)
        self._judge(step, "failed", diagnosis=diagnosis, evidence=evidence, **fields_of_failure)

    def has_passed(self, step: Step) -> bool:
        """Whether a step was passed since this beginning; in a headless run the last verdict is the one that counts."""
        step_progress = self._progress.step(step.id)
        return (
            step_progress.state == "passed"
            and step_progress.passed_in == self._progress.nonce
            and NOTEBOOK not in os.environ
        )

    def moved_on(self, step: Step, title: str, failure: CheckFailed) -> None:
        """A step that was passed would not pass now: it stays passed."""
        show(cards.moved_on(title, failure))
        self.tell(step, "moved on", expected=failure.expected, seen=failure.seen)

    def broken(self, step: Step, error: LabError, trace: str) -> None:
        """The check of a step ended without a verdict: nothing is known of the step."""
        self._judge(step, "error", reason=error.reason, next_step=error.next_step, diagnosis=trace)

    def skipped(self, step: Step, reason: str) -> None:
        """A step asks for more than this cluster can do."""
        show(cards.skipped(step.id, step.title, reason))
        self._judge(step, "skipped", reason=reason)

    def skipped_command(self, title: str, reason: str) -> None:
        """A command is left out."""
        show(cards.skipped("", title, reason))
        events.emit("cell", notebook=self._outline.notebook, title=title, state="skipped", reason=reason)

    def tell(self, step: Step, state: str, *, kind: str = "step", **fields: object) -> None:
        """Tell the run, if there is one, what happened at a step."""
        about = {"notebook": self._outline.notebook, "step": step.id, "title": step.statement}
        events.emit(kind, **about, state=state, **fields)

    def _judge(self, step: Step, state: str, **fields: object) -> None:
        """Keep a verdict and tell it to the run; a step lasts from the verdict before it to its own."""
        step_progress = self._progress.step(step.id)
        if state == "passed":
            step_progress.passed_in = self._progress.nonce
        if step_progress.state != "passed":
            step_progress.state = state
        self._progress.save()
        if room.is_learners():
            write_map(self._cluster.name)
        seconds, self._since = time.monotonic() - self._since, time.monotonic()
        taken = {"hints": step_progress.hints, "prediction": step_progress.prediction}
        self.tell(step, state, kind="check", seconds=round(seconds, 3), **taken, **fields)


def _data(evidence: Mapping[str, object]) -> dict[str, object]:
    """Evidence as JSON can hold it: a table as an object with ``columns`` and ``rows``, a picture as its text."""
    return {name: asdict(fact) if isinstance(fact, Table) else fact for name, fact in evidence.items()}
