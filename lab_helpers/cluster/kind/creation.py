"""Creating a kind cluster: a list of small steps, undone as a whole when one of them fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from lab_helpers import shell, versions, wait
from lab_helpers.cluster import pipe, record
from lab_helpers.cluster.base import Report
from lab_helpers.cluster.kind import nodes, program, storage
from lab_helpers.cluster.kind.keeper import clean
from lab_helpers.cluster.kind.layout import END_SECONDS, Layout, Spec
from lab_helpers.errors import LabError
from lab_helpers.images import registry as registries

__all__ = ["Parts", "configuration", "create", "gather", "node_image"]

_CREATE_SECONDS = 600.0  # the node image may have to be pulled first, a gigabyte on a slow line
_READY_SECONDS = 120.0
_REGISTRY_SECONDS = 15.0
_IMAGE = "LAB_KIND_NODE_IMAGE"

# Where containerd looks for registries it is to trust; read at each pull.
_TRUST = '[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "/etc/containerd/certs.d"\n'


@dataclass(frozen=True)
class Parts:
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


def gather(report: Report) -> Parts:
    """Find or build what a cluster is made of; quick when it has been done before."""
    registries.program()
    return Parts(program.find(report), node_image())


def create(layout: Layout, parts: Parts, report: Report) -> subprocess.Popen[str]:
    """Create a cluster with a Ready node and return its keeper, whose pipe this process now holds.

    Raises:
        LabError: It could not be made; nothing of it is left.
    """
    spec = Spec(layout.name, str(layout.directory), str(record.path(layout.name)), str(parts.kind), parts.image)
    keeper = None
    try:
        _write(layout, spec)
        keeper = _start_keeper(layout)
        _wait_created(layout, keeper, report)
        _serve_registry(layout, keeper, report)
        _prepare_use(layout, report)
    except BaseException:
        _undo(spec, keeper)
        raise
    return keeper


def _write(layout: Layout, spec: Spec) -> None:
    """Write the record by which the cluster can be found and removed, then all that kind and the keeper read."""
    details: dict[str, object] = {"directory": str(layout.directory)}
    record.save(record.Record(layout.name, "kind", time.time(), versions.KUBERNETES, details, kept=False))
    shutil.rmtree(layout.directory, ignore_errors=True)
    layout.logs.mkdir(parents=True)
    layout.config.write_text(yaml.safe_dump(configuration(), sort_keys=False))
    spec.write(layout.spec)


def configuration() -> dict[str, object]:
    """What kind is asked to make: one node that only this machine reaches, with registries to trust by file."""
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "networking": {"apiServerAddress": "127.0.0.1"},
        "containerdConfigPatches": [_TRUST],
        "nodes": [{"role": "control-plane"}],
    }


def _start_keeper(layout: Layout) -> subprocess.Popen[str]:
    argv = [sys.executable, "-I", "-m", "lab_helpers.cluster.kind.keeper", str(layout.spec)]
    with (layout.logs / "keeper.log").open("a") as log:
        # Its life is bound to the pipe, not to the thread that starts it; Ctrl-C in a terminal is not for it.
        return shell.start(argv, stdin=subprocess.PIPE, stdout=log, stderr=log, outlives=True, new_session=True)


def _wait_created(layout: Layout, keeper: subprocess.Popen[str], report: Report) -> None:
    report("creating the cluster with kind")

    def look() -> str | None:
        if layout.created.exists():
            return layout.created.read_text()
        return "keeper" if keeper.poll() is not None else None

    status = wait.until(look, seconds=_CREATE_SECONDS, what="create the cluster", object="kind", every=0.1)
    if status != "0":
        log = layout.logs / ("keeper.log" if status == "keeper" else "kind.log")
        last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        reason = "the cluster was not created"
        raise LabError(reason, object=f"lab {layout.name}", last_event=last, next_step="lab doctor --provider kind")


def _serve_registry(layout: Layout, keeper: subprocess.Popen[str], report: Report) -> None:
    report("starting the registry")
    address = nodes.gateway(layout.cluster)
    registry = registries.prepare(layout.registry, address, nodes.free_port(address))
    pipe.tell(keeper, "registry", layout.name)
    registries.wait_up(registry, _REGISTRY_SECONDS)
    nodes.trust_registry(layout.cluster, registry)


def _prepare_use(layout: Layout, report: Report) -> None:
    from lab_helpers.kube.client import Client

    report("waiting for the node")
    storage.apply(layout.kubeconfig)
    client = Client(layout.kubeconfig)

    def is_ready() -> bool:
        found = client.list("node")
        return bool(found) and all(
            any(one["type"] == "Ready" and one["status"] == "True" for one in node["status"].get("conditions", []))
            for node in found
        )

    made = record.load(layout.name)
    assert made is not None
    record.save(replace(made, kubernetes=client.server_version().removeprefix("v")))
    wait.until(is_ready, seconds=_READY_SECONDS, what="become Ready", object=f"{layout.cluster}-control-plane")


def _undo(spec: Spec, keeper: subprocess.Popen[str] | None) -> None:
    if keeper is not None:
        pipe.let_go(keeper)
        keeper.wait(timeout=END_SECONDS)
    if Path(spec.directory).exists():  # the keeper never ran
        clean(spec)
