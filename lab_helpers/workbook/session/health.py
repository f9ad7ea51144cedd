"""The health of what a notebook works on: its progress and its cluster; a loss is one card with the next step."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable

import yaml

from lab_helpers import wait
from lab_helpers.cluster import choose
from lab_helpers.cluster.base import Cluster, State
from lab_helpers.cluster.loss import ClusterLost
from lab_helpers.errors import LabError, WaitTimeout
from lab_helpers.events import NOTEBOOK
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner.progress import Progress

__all__ = ["ClusterGone", "ClusterSilent", "Health", "identity"]

# A learner who waits longer without a word thinks of what they typed, not of the cluster.
_ANSWER_SECONDS = 2.0


class ClusterGone(LabError):
    """The cluster that a notebook was opened on is gone for good."""

    is_final = True


class ClusterSilent(LabError):
    """The cluster runs and does not answer, which may be temporary."""


class Health:
    """Checks that a notebook still works with its current progress and its own cluster.

    Args:
        cluster: What the page was opened on.
        progress: The learner's progress in its notebook.
        ask: Asks the API server something small; raises ``WaitTimeout`` where it does not answer.

    Attributes:
        answer_seconds: How long the API server's answer may take.
    """

    def __init__(self, cluster: Cluster, progress: Progress, ask: Callable[[], object]) -> None:
        self._cluster = cluster
        self._progress = progress
        self._ask = ask
        self.answer_seconds = _ANSWER_SECONDS

    def expect_well(self) -> None:
        """Check progress and cluster before an operation, within ``answer_seconds``.

        A headless run is more patient: what restarts in the meantime costs it nothing but time.

        Raises:
            LabError: The notebook was begun again since the page opened it.
            ClusterGone: The cluster has ended, and why; or another stands in its place.
            ClusterSilent: It does not answer.
        """
        self._progress.expect_current()
        self.expect_running()
        if NOTEBOOK not in os.environ:
            self._expect_answer()

    def expect_running(self) -> None:
        """Make sure that the cluster exists, without a request to it.

        Raises:
            ClusterGone: It has ended, or another stands in its place.
        """
        name = self._cluster.name
        maker = choose.maker_of(name)
        if maker.state(name) is not State.RUNNING:
            raise self._ended(maker.loss(name))
        if identity(self._cluster) != self._progress.cluster:
            raise self._gone(_("its cluster is another one than this page was opened on"))

    def _expect_answer(self) -> None:
        try:
            with wait.look(self.answer_seconds):
                self._ask()
        except WaitTimeout as error:
            raise ClusterSilent(
                _("its cluster runs, and did not answer within {seconds:g} s").format(seconds=self.answer_seconds),
                object=self._name,
                last_event=error.last_event,
                next_step=_("Wait a moment and run the cell again; in a terminal, `lab status` says more."),
            ) from error

    def _ended(self, loss: ClusterLost | None) -> ClusterGone:
        """The error for a cluster that has ended: the reason if known, and that the learner's files remain."""
        if loss is None:
            return self._gone(_("its cluster has ended; your files and your place are kept"))
        before = (
            _("Make room on the disk first: `{command}`.").format(command=loss.next_step) if loss.needs_room else ""
        )
        remark = _("Your files and your place are kept.")
        return self._gone(loss.reason, loss.last_event, f"{before} {remark}".strip())

    def _gone(self, reason: str, last_event: str = "", before: str = "") -> ClusterGone:
        way_back = _("Run the notebook's first two code cells: they find or make a cluster.")
        return ClusterGone(reason, object=self._name, last_event=last_event, next_step=f"{before} {way_back}".strip())

    @property
    def _name(self) -> str:
        return _("lab {name}").format(name=self._cluster.name)


def identity(cluster: Cluster) -> str:
    """The identity of a cluster, which differs from that of every other, also of the same name: address and CA.

    Empty where there is none any more.
    """
    try:
        clusters = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))["clusters"]
    except FileNotFoundError:
        return ""
    return hashlib.sha256(json.dumps(clusters, sort_keys=True).encode()).hexdigest()
