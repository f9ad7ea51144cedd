"""What a cluster's keeper and node are to run, as it follows from the cluster's layout and artifacts."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from lab_helpers import shell
from lab_helpers.cluster import record
from lab_helpers.cluster.embedded import balancer, doctor, services
from lab_helpers.cluster.embedded.artifacts import EmbeddedArtifacts
from lab_helpers.cluster.embedded.layout import API_PORT, EmbeddedLayout, NodeLayout
from lab_helpers.cluster.embedded.spec import Balanced, ClusterSpec, Forward, HostService, NodeService, NodeSpec
from lab_helpers.images import registry as registries

__all__ = ["cluster_spec", "server_spec", "worker_spec"]


def cluster_spec(layout: EmbeddedLayout, artifacts: EmbeddedArtifacts) -> ClusterSpec:
    """What the keeper is to run of a cluster that begins: one node, or several servers that have files of their own."""
    prefix = layout.subnet.prefixlen
    return ClusterSpec(
        name=layout.name,
        directory=str(layout.directory),
        record=str(record.path(layout.name)),
        owner=(os.getuid(), os.getgid()),
        link=layout.link,
        host_address=f"{layout.host_address}/{prefix}",
        bridge_address=f"{layout.bridge_address}/{prefix}",
        api=Forward(layout.local_api, layout.api),
        entries=[Forward(layout.local_entries[port], target) for port, target in layout.entries.items()],
        control=str(layout.control),
        logs=str(layout.logs),
        services=[_registry(layout), *([_balancer(layout)] if layout.has_several_servers else [])],
        nodes=[] if layout.has_several_servers else [_server(layout, layout.node(1), artifacts)],
        servers=[node.name for node in layout.server_nodes] if layout.has_several_servers else [],
    )


def server_spec(layout: EmbeddedLayout, node: NodeLayout, artifacts: EmbeddedArtifacts) -> ClusterSpec:
    """What the keeper is to run of one of several servers."""
    return _alone(layout, node, artifacts, _server(layout, node, artifacts))


def worker_spec(layout: EmbeddedLayout, node: NodeLayout, artifacts: EmbeddedArtifacts) -> ClusterSpec:
    """What the keeper is to run of a node that joins a cluster whose API server is ready."""
    spec = _node_spec(layout, node, artifacts, [])
    joined = [replace(service, after_api=False) for service in spec.services]  # what waits for it has waited for it
    return _alone(layout, node, artifacts, replace(spec, services=joined))


def _alone(layout: EmbeddedLayout, node: NodeLayout, artifacts: EmbeddedArtifacts, spec: NodeSpec) -> ClusterSpec:
    """The specification of a node that has a file of its own; one log a program and node."""
    if node.number > 1:
        numbered = [replace(service, name=f"{service.name}-{node.number}") for service in spec.services]
        spec = replace(spec, services=numbered)
    return replace(cluster_spec(layout, artifacts), nodes=[spec])


def _server(layout: EmbeddedLayout, node: NodeLayout, artifacts: EmbeddedArtifacts) -> NodeSpec:
    return _node_spec(layout, node, artifacts, services.control_plane(layout, node, artifacts.programs))


def _registry(layout: EmbeddedLayout) -> HostService:
    forward = Forward(layout.local_registry, (layout.bridge_address, 443))
    return HostService("registry", registries.command(layout.registry), forward)


def _balancer(layout: EmbeddedLayout) -> HostService:
    addresses = [node.address for node in layout.server_nodes]
    api = Balanced(layout.api, [(address, API_PORT) for address in addresses], str(layout.pki / "ca.crt"))
    entries = [Balanced(listen, [(address, port) for address in addresses]) for port, listen in layout.entries.items()]
    return HostService("balancer", balancer.command([api, *entries]), None)


def _node_spec(
    layout: EmbeddedLayout, node: NodeLayout, artifacts: EmbeddedArtifacts, control_plane: list[NodeService]
) -> NodeSpec:
    archives = [] if artifacts.image_store else artifacts.archives
    runc = Path(shell.find("runc") or doctor.RUNC)
    etc = node.directory / "etc"
    state = ("kubelet", "containerd", *(("etcd",) if control_plane else ()))
    state_mounts = {f"/var/lib/{name}": str(node.directory / name) for name in state}
    own = {"/data": node.data, "/var/log/pods": node.directory / "pods", "/etc/hosts": node.hosts}
    programs = (runc, *(artifacts.programs[name] for name in services.PROGRAMS))
    # A node that runs pods alone sees neither the authority's key nor what the control plane is known by.
    cluster = {layout.pki, layout.config} if control_plane else {layout.pki / "ca.crt"}
    needs = {*cluster, etc, doctor.cni_directory(), *(path.parent for path in programs), *archives}
    return NodeSpec(
        name=node.name,
        address=node.address,
        pod_range=node.pod_range,
        mountpoint=str(node.mountpoint),
        mounts=state_mounts
        | {inside: str(outside) for inside, outside in own.items()}
        | {"/etc/resolv.conf": f"{etc}/resolv.conf", str(layout.logs): str(layout.logs)},
        needs=sorted(map(str, needs)),
        cgroup=node.cgroup,
        logs=str(layout.logs),
        services=[
            *control_plane,
            *services.worker(node, artifacts.programs, runc=runc, archives=archives),
        ],
        image_store=str(artifacts.image_store or ""),
        image_directory=state_mounts["/var/lib/containerd"],
    )
