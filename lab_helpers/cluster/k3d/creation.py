"""Creating a k3d cluster: a list of small steps, undone as a whole when one of them fails."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from lab_helpers import files, shell
from lab_helpers.cluster import record
from lab_helpers.cluster.base import Report
from lab_helpers.cluster.containers import creation as shared
from lab_helpers.cluster.containers.docker import Docker, free_port
from lab_helpers.cluster.containers.layout import END_SECONDS
from lab_helpers.cluster.k3d import program, remains
from lab_helpers.cluster.k3d.layout import K3dLayout, K3dSpec
from lab_helpers.images import registry as registries
from lab_helpers.images.registry import Registry
from lab_helpers.language import gettext as _
from lab_helpers.versions import K3S_IMAGE

__all__ = ["create", "trust_registry"]

_CREATE_SECONDS = 600  # the images may have to be pulled first
_KUBECONFIG_SECONDS = 60.0
_KEEPER = "lab_helpers.cluster.k3d.keeper"

# Where k3s has its containerd look for registries it is to trust; read at each pull.
_CERTIFICATES = "/var/lib/rancher/k3s/agent/etc/containerd/certs.d"


def create(layout: K3dLayout, docker: Docker, report: Report, apply_base: Callable[[], None]) -> subprocess.Popen[str]:
    """Create a cluster with a Ready node and return its keeper, whose pipe this process now holds.

    Args:
        layout: Where its files lie.
        docker: The daemon it is made on.
        report: Told what happens.
        apply_base: Applies DNS and storage, as far as k3s does not.

    Raises:
        LabError: It could not be made; nothing of it is left.
    """
    registries.fetch(report)
    spec = _spec(layout, docker)
    keeper = None
    try:
        shared.prepare(layout, spec, "k3d")
        report(_("creating the cluster with k3d"))
        keeper = shared.start_keeper(_KEEPER, layout)
        # k3d counts what it does one by one, and takes back what it made when it gives up.
        shared.wait_created(layout, keeper, "k3d", _CREATE_SECONDS + END_SECONDS)
        files.write(layout.kubeconfig, _kubeconfig(spec), private=True)
        report(_("starting the registry"))
        trust_registry(docker, layout, shared.serve_registry(layout, keeper, docker.gateway(layout.network)))
        report(_("waiting for the node"))
        apply_base()
        _wait_ready(layout)
    except BaseException:
        shared.undo(spec, keeper, lambda: remains.clean(spec))
        raise
    return keeper


def trust_registry(docker: Docker, layout: K3dLayout, registry: Registry) -> None:
    """Make every node that runs resolve and trust a registry."""
    docker.trust_registry(sorted(docker.running(layout.label)), registry, _CERTIFICATES)


def _spec(layout: K3dLayout, docker: Docker) -> K3dSpec:
    return K3dSpec(
        name=layout.name,
        directory=str(layout.directory),
        record=str(record.path(layout.name)),
        program=str(program.find()),
        image=K3S_IMAGE,
        port=free_port("127.0.0.1"),
        entry_ports={"80": free_port("127.0.0.1"), "443": free_port("127.0.0.1")},
        seconds=_CREATE_SECONDS,
        docker=docker.environment,
    )


def _kubeconfig(spec: K3dSpec) -> str:
    return shell.run(spec.kubeconfig_command(), env=spec.environment(), timeout=_KUBECONFIG_SECONDS).stdout


def _wait_ready(layout: K3dLayout) -> None:
    from lab_helpers.kube.client import Client

    shared.wait_nodes(layout, Client(layout.kubeconfig))
