"""k3d behind the contract of every provider."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lab_helpers.cluster import places
from lab_helpers.cluster.base import BaseAddons, Capability, Cluster, OnRegistry, Report, ignore_registry
from lab_helpers.cluster.containers.docker import Docker
from lab_helpers.cluster.containers.layout import DIGITS
from lab_helpers.cluster.containers.provider import DockerProvider
from lab_helpers.cluster.findings import Finding
from lab_helpers.cluster.k3d import creation, doctor, remains
from lab_helpers.cluster.k3d.layout import K3dLayout, K3dSpec
from lab_helpers.cluster.k3d.nodes import K3dNodes
from lab_helpers.errors import LabError
from lab_helpers.images.registry import Registry
from lab_helpers.language import gettext as _

__all__ = ["K3dProvider"]

_LONGEST = 32 - len("lab--") - DIGITS  # k3d takes 32 characters


class K3dProvider(DockerProvider[K3dLayout]):
    """Makes clusters with k3d, in containers called ``k3d-lab-NAME-…``; touches no other container or kubeconfig."""

    name = "k3d"
    capabilities = DockerProvider.capabilities | {Capability.NODES}

    def doctor(self) -> Sequence[Finding]:
        """Say what it needs of this machine."""
        return [*doctor.findings(), *places.findings()]

    def create(self, name: str, report: Report, base: BaseAddons, on_registry: OnRegistry = ignore_registry) -> Cluster:
        """Create a cluster of one node; see ``Provider.create``."""
        if len(name) > _LONGEST:
            reason = _("is too long: with k3d a lab's name has at most {count} characters").format(count=_LONGEST)
            raise LabError(reason, object=name, next_step="--name a-shorter-one")
        return super().create(name, report, base, on_registry)

    def trust_registry(self, name: str, registry: Registry) -> None:
        """Make its nodes resolve and trust a registry; they look at each pull, so it holds at once."""
        layout = self._get(name)
        creation.trust_registry(self._daemon(layout), layout, registry)

    def _layout(self, name: str, directory: Path, details: Mapping[str, object]) -> K3dLayout:
        return K3dLayout(name, directory)

    def _make(
        self, layout: K3dLayout, docker: Docker, report: Report, apply_base: Callable[[], None]
    ) -> subprocess.Popen[str]:
        return creation.create(layout, docker, report, apply_base)

    def _daemon(self, layout: K3dLayout) -> Docker:
        return Docker(K3dSpec.read(layout.spec).docker)

    def _node(self, layout: K3dLayout) -> str:
        return layout.containers[1]

    def _nodes(self, layout: K3dLayout) -> K3dNodes:
        return K3dNodes(layout)

    def _remove(self, layout: K3dLayout) -> None:
        remains.remove(layout)

    def _in_the_way(self, layout: K3dLayout, docker: Docker) -> list[str]:
        return remains.find(docker, layout)
