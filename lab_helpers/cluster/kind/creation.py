"""Creating a kind cluster: a list of small steps, undone as a whole when one of them fails."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from lab_helpers import programs, versions
from lab_helpers.cluster import record
from lab_helpers.cluster.base import Report
from lab_helpers.cluster.containers import creation as shared
from lab_helpers.cluster.containers.docker import Docker
from lab_helpers.cluster.kind import nodes
from lab_helpers.cluster.kind.keeper import clean
from lab_helpers.cluster.kind.layout import KindLayout, KindSpec
from lab_helpers.images import registry as registries
from lab_helpers.language import gettext as _

__all__ = ["KindArtifacts", "configuration", "create", "gather", "node_image"]

_CREATE_SECONDS = 600.0  # the node image may have to be pulled first, a gigabyte on a slow line
_IMAGE = "LAB_KIND_NODE_IMAGE"
_KEEPER = "lab_helpers.cluster.kind.keeper"

# Where containerd looks for registries it is to trust; read at each pull.
_TRUST = '[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "/etc/containerd/certs.d"\n'
# How often a kubelet looks at a pod anew, and at what changed in a Secret that it mounts: instead of each minute, for
# somebody waits until Prometheus reads what is to be watched.
_KUBELET = "kind: KubeletConfiguration\nsyncFrequency: 1s\n"


@dataclass(frozen=True)
class KindArtifacts:
    """What every kind cluster is made of.

    Attributes:
        kind: kind's program.
        image: The node image.
    """

    kind: Path
    image: str


def node_image() -> str:
    """The node image: the public one by digest, or one that this machine has, named in LAB_KIND_NODE_IMAGE."""
    return os.environ.get(_IMAGE) or versions.KIND_NODE_IMAGE


def gather(report: Report) -> KindArtifacts:
    """Find or build what a cluster is made of; quick when it has been done before."""
    registries.fetch(report)
    return KindArtifacts(programs.resolve(report, "kind")["kind"], node_image())


def create(
    layout: KindLayout, docker: Docker, parts: KindArtifacts, report: Report, apply_base: Callable[[], None]
) -> subprocess.Popen[str]:
    """Create a cluster with a Ready node and return its keeper, whose pipe this process now holds.

    Args:
        layout: Where its files lie.
        docker: The daemon it is made on.
        parts: What it is made of.
        report: Told what happens.
        apply_base: Applies DNS and storage, as far as kind does not.

    Raises:
        LabError: It could not be made; nothing of it is left.
    """
    spec = KindSpec(
        name=layout.name,
        directory=str(layout.directory),
        record=str(record.path(layout.name)),
        program=str(parts.kind),
        image=parts.image,
        docker=docker.environment,
    )
    keeper = None
    try:
        shared.prepare(layout, spec, "kind")
        layout.config.write_text(yaml.safe_dump(configuration(), sort_keys=False))
        report(_("creating the cluster with kind"))
        keeper = shared.start_keeper(_KEEPER, layout)
        shared.wait_created(layout, keeper, "kind", _CREATE_SECONDS)
        report(_("starting the registry"))
        registry = shared.serve_registry(layout, keeper, docker.gateway(layout.cluster))
        nodes.trust_registry(docker, layout.cluster, registry)
        report(_("waiting for the node"))
        apply_base()
        _wait_ready(layout)
    except BaseException:
        shared.undo(spec, keeper, lambda: clean(spec))
        raise
    return keeper


def configuration() -> dict[str, object]:
    """What kind is asked to make: one node that only this machine reaches, with registries to trust by file."""
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "networking": {"apiServerAddress": "127.0.0.1"},
        "containerdConfigPatches": [_TRUST],
        "kubeadmConfigPatches": [_KUBELET],
        "nodes": [{"role": "control-plane", "extraPortMappings": list(map(_published, (80, 443)))}],
    }


def _published(port: int) -> dict[str, object]:
    """A port of the node where an Ingress controller listens, on a free one of this machine's loopback."""
    return {"containerPort": port, "listenAddress": "127.0.0.1", "hostPort": 0, "protocol": "TCP"}


def _wait_ready(layout: KindLayout) -> None:
    from lab_helpers.kube.client import Client

    shared.wait_nodes(layout, Client(layout.kubeconfig))
