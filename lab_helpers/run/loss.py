"""The end of the cluster a run is on: it stops every notebook, and what failed with it is no verdict on anybody."""

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

__all__ = ["LossWatch", "watching"]

_SETTLE_SECONDS = 5.0  # longer than a killed node takes to be gone, and an API server to be started again
_ANSWER_SECONDS = 1.0


class LossWatch:
    """Knows whether the cluster of a run has ended.

    Args:
        cluster: The cluster.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._ended = threading.Event()
        self._loss: ClusterLost | None = None

    def note(self, loss: ClusterLost) -> None:
        """It has ended."""
        self._loss = loss
        self._ended.set()

    def settle(self) -> ClusterLost | None:
        """Whether what failed just now failed with its cluster, and why.

        A node's programs die some time before the node is gone, and what a notebook sees of that looks like a mistake
        of its own. So a cluster that does not answer is given a moment to come back or to be known as lost.
        """
        try:
            wait.until(self._is_known, seconds=_SETTLE_SECONDS, what="answer")
        except WaitTimeout as error:
            reason = _("its cluster does not answer")
            called = _("lab {name}").format(name=self._cluster.name)
            return ClusterLost(reason, object=called, last_event=error.last_event, next_step="lab status")
        except LabError:  # it answers, if only to refuse
            return None
        return self._loss

    def _is_known(self) -> bool:
        from lab_helpers.kube.client import Client

        if not self._ended.is_set():
            Client(self._cluster.kubeconfig, patience_seconds=_ANSWER_SECONDS).server_version()
        return True


@contextmanager
def watching(cluster: Cluster, progress: Callable[[str], None]) -> Iterator[LossWatch]:
    """Inside, the end of the cluster stops every notebook that runs, and whatever would run after it."""
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
