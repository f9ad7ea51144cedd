"""The node containers of a kind cluster, as Docker knows them."""

from __future__ import annotations

from lab_helpers.cluster.containers.docker import Docker
from lab_helpers.images.registry import Registry
from lab_helpers.language import gettext as _

__all__ = ["first", "in_the_way", "label", "trust_registry"]

_CERTIFICATES = "/etc/containerd/certs.d"


def label(cluster: str) -> str:
    """The label of a cluster's containers."""
    return f"io.x-k8s.kind.cluster={cluster}"


def first(cluster: str) -> str:
    """The name kind gives a cluster's only node."""
    return f"{cluster}-control-plane"


def in_the_way(docker: Docker, cluster: str) -> list[str]:
    """Whatever has a name that a cluster would give to what is its own."""
    containers = {*docker.containers(label(cluster)), *docker.named(first(cluster))}
    networks = docker.networks(cluster)
    return [
        *(_("container {name}").format(name=name) for name in sorted(containers)),
        *(_("network {name}").format(name=name) for name in networks),
    ]


def trust_registry(docker: Docker, cluster: str, registry: Registry) -> None:
    """Make every node resolve and trust a registry."""
    docker.trust_registry(docker.containers(label(cluster)), registry, _CERTIFICATES)
