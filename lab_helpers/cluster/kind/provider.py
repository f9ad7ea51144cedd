"""kind behind the contract of every provider."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lab_helpers.cluster import places
from lab_helpers.cluster.base import Report
from lab_helpers.cluster.containers.docker import Docker
from lab_helpers.cluster.containers.provider import DockerProvider
from lab_helpers.cluster.findings import Finding
from lab_helpers.cluster.kind import creation, doctor, keeper, nodes
from lab_helpers.cluster.kind.layout import KindLayout, KindSpec
from lab_helpers.images.registry import Registry

__all__ = ["KindProvider"]


class KindProvider(DockerProvider[KindLayout]):
    """Makes clusters with kind, in containers called ``lab-NAME-…``; touches no other container or kubeconfig."""

    name = "kind"

    def doctor(self) -> Sequence[Finding]:
        """Say what it needs of this machine."""
        return [*doctor.findings(), *places.findings()]

    def trust_registry(self, name: str, registry: Registry) -> None:
        """Make its nodes resolve and trust a registry; they look at each pull, so it holds at once."""
        layout = self._get(name)
        nodes.trust_registry(self._daemon(layout), layout.cluster, registry)

    def _layout(self, name: str, directory: Path, details: Mapping[str, object]) -> KindLayout:
        return KindLayout(name, directory)

    def _make(
        self, layout: KindLayout, docker: Docker, report: Report, apply_base: Callable[[], None]
    ) -> subprocess.Popen[str]:
        return creation.create(layout, docker, creation.gather(report), report, apply_base)

    def _daemon(self, layout: KindLayout) -> Docker:
        return Docker(KindSpec.read(layout.spec).docker)

    def _node(self, layout: KindLayout) -> str:
        return nodes.first(layout.cluster)

    def _remove(self, layout: KindLayout) -> None:
        keeper.remove_remains(layout)

    def _in_the_way(self, layout: KindLayout, docker: Docker) -> list[str]:
        return nodes.in_the_way(docker, layout.cluster)
