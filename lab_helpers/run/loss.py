"""The loss of a run's cluster: it stops every notebook, and failures that it caused are no verdicts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lab_helpers import wait
from lab_helpers.cluster.base import Cluster
from lab_helpers.cluster.loss import ClusterLost
from lab_helpers.errors import LabError, WaitTimeout
from lab_helpers.language import gettext as _
from lab_helpers.run.engine.stopping import stopping_all

__all__ = ["LossWatch", "watch_loss"]

_SETTLE_SECONDS = 5.0  # longer than a killed node takes to be gone, and an API server to be restarted
_ANSWER_SECONDS = 1.0


class LossWatch:
    """Tracks whether the cluster of a run was lost.

    Attributes:
        cluster: The cluster.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._ended = threading.Event()
        self._loss: ClusterLost | None = None

    def note(self, loss: ClusterLost) -> None:
        """Record the loss."""
        self._loss = loss
        self._ended.set()

    def settle(self) -> ClusterLost | None:
        """The loss that caused a failure just now; None if the cluster still responds.

        A node's processes die some time before the node is gone, and a notebook's failure in between looks like one of
        its own. So an unresponsive cluster gets a moment to recover or to be reported as lost.
        """
        try:
            wait.until(self._is_known, seconds=_SETTLE_SECONDS, outcome="answer")
        except WaitTimeout as error:
            reason = _("its cluster does not answer")
            lab_name = _("lab {name}").format(name=self.cluster.name)
            silence = ClusterLost(reason, object=lab_name, last_event=error.last_event, next_step="lab status")
            return self._loss or silence
        except LabError:  # it responds, if only with an error
            pass
        return self._loss

    def _is_known(self) -> bool:
        from lab_helpers.kube.client import Client

        if not self._ended.is_set():
            Client(self.cluster.kubeconfig, patience_seconds=_ANSWER_SECONDS).server_version()
        return True


@contextmanager
def watch_loss(cluster: Cluster, progress: Callable[[str], None]) -> Iterator[LossWatch]:
    """For the context, stop every running and later notebook when the cluster is lost."""
    watch, end_watch = LossWatch(cluster), cluster.watch_end()
    with stopping_all() as stop:

        def wait_for_end() -> None:
            loss = end_watch.wait()
            if loss is not None:
                watch.note(loss)
                progress(str(loss))
                stop(loss)

        thread = threading.Thread(target=wait_for_end, name="loss", daemon=True)
        thread.start()
        try:
            yield watch
        finally:
            end_watch.close()
            thread.join()
