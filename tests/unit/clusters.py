"""A cluster of which nothing works, for tests to make work what they are about."""

from __future__ import annotations

from collections.abc import Sequence

from lab_helpers.cluster.base import Capability, Cluster, EndWatch

__all__ = ["UnusableCluster"]


class UnusableCluster(Cluster):
    """Whoever asks it for more than a test has foreseen fails."""

    provider = "stand-in"
    capabilities = frozenset({Capability.NAMESPACES})

    def keep(self) -> None:
        raise NotImplementedError

    def delete(self) -> None:
        raise NotImplementedError

    def let_go(self) -> None:
        raise NotImplementedError

    def reset_namespaces(self, namespaces: Sequence[str], seconds: float) -> None:
        raise NotImplementedError

    def watch_end(self) -> EndWatch:
        raise NotImplementedError
