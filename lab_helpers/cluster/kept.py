"""A cluster with a keeper: the small process that makes it, holds it through a pipe, and dies last."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from lab_helpers.cluster import control, lab_lock, loss, pipe, record
from lab_helpers.cluster.base import Capability, Cluster, EndWatch
from lab_helpers.cluster.layout import KeptLayout
from lab_helpers.cluster.lifeline import Lifeline, read_end
from lab_helpers.cluster.loss import ClusterLost, End
from lab_helpers.images.registry import Registry, load

__all__ = ["KeptCluster", "why_ended"]


class _KeptWatch:
    """Waits for a keeper's last words; see ``EndWatch``."""

    def __init__(self, layout: KeptLayout, *, is_kept: bool) -> None:
        self._layout = layout
        self._is_kept = is_kept
        self._is_closed = False
        self._lifeline = Lifeline(layout.control)

    def wait(self) -> ClusterLost | None:
        end = self._lifeline.wait()
        if self._is_closed:
            return None
        return loss.explain(self._layout.name, end, self._layout.directory, is_kept=self._is_kept)

    def close(self) -> None:
        self._is_closed = True
        self._lifeline.close()


def why_ended(layout: KeptLayout) -> ClusterLost | None:
    """Why a cluster has ended; None where it runs, or nothing is known of it any more."""
    entry = record.load(layout.name)
    if entry is None or control.answers(layout.control):
        return None
    return loss.explain(layout.name, read_end(layout.control), layout.directory, is_kept=entry.kept)


class KeptCluster(Cluster):
    """What a cluster does whose life is its keeper's.

    Args:
        provider: The provider's name.
        layout: Where its files lie.
        keeper: The keeper this process started and whose pipe it holds; None for a cluster found by its record.
        end_seconds: How long the keeper may take to delete it.
        remove_remains: Removes what is left of it where its keeper was killed.
    """

    capabilities = frozenset({Capability.NAMESPACES, Capability.CLUSTER_READ})

    def __init__(
        self,
        provider: str,
        layout: KeptLayout,
        keeper: subprocess.Popen[str] | None,
        *,
        end_seconds: float,
        remove_remains: Callable[[], None],
    ) -> None:
        self.name = layout.name
        self.provider = provider
        self._layout = layout
        self._keeper = keeper
        self._end_seconds = end_seconds
        self._remove_remains = remove_remains

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, mode 0600."""
        return self._layout.kubeconfig

    @property
    def registry(self) -> Registry:
        """The registry its nodes know as ``ghcr.io``."""
        return load(self._layout.registry)

    @property
    def is_kept(self) -> bool:
        """Whether it goes on without this process."""
        return self._keeper is None

    def watch_end(self) -> EndWatch:
        """Hold a connection to its keeper, which ends with either."""
        entry = record.load(self.name)
        return _KeptWatch(self._layout, is_kept=entry is not None and entry.kept)

    def reset_namespaces(self, namespaces: Sequence[str], seconds: float) -> None:
        """Delete namespaces with all that is in them, and the volumes of their claims with what they hold."""
        from lab_helpers.cluster import namespaces as own_namespaces
        from lab_helpers.kube.client import Client

        own_namespaces.remove(Client(self.kubeconfig), namespaces, seconds)

    def keep(self) -> None:
        """Hand it over to its record.

        Raises:
            ClusterLost: It has been deleted meanwhile.
        """
        if self._keeper is not None:
            if not record.change(self.name, kept=True):
                raise loss.explain(self.name, End(loss.ASKED), self._layout.directory, is_kept=True)
            pipe.tell(self._keeper, "keep", self.name)
            pipe.let_go(self._keeper)
            self._keeper.returncode = 0  # no longer this process's child to wait for
            self._keeper = None

    def delete(self) -> None:
        """Delete it, and return when nothing is left."""
        if not control.ask_to_delete(self._layout.control, self.name, seconds=self._end_seconds):
            self._remove_remains()
        self.let_go()
        lab_lock.tidy(self.name)

    def let_go(self) -> None:
        """Close the pipe to its keeper, and wait for the end of that."""
        if self._keeper is not None:
            pipe.let_go(self._keeper)
            pipe.wait_ended(self._keeper, self._end_seconds, self.name)
            self._keeper = None
