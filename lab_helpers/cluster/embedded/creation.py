"""Creating an embedded cluster: a list of small steps, undone as a whole when one of them fails."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from lab_helpers import shell, versions, wait
from lab_helpers.cluster import control, pipe, record
from lab_helpers.cluster.base import OnRegistry, Report
from lab_helpers.cluster.embedded import (
    configuration,
    credentials,
    doctor,
    plan,
    privileged,
)
from lab_helpers.cluster.embedded.artifacts import EmbeddedArtifacts
from lab_helpers.cluster.embedded.layout import END_SECONDS, EmbeddedLayout
from lab_helpers.cluster.embedded.nodes import EmbeddedNodes
from lab_helpers.cluster.embedded.readiness import ApiServer
from lab_helpers.cluster.lifeline import read_end
from lab_helpers.cluster.loss import explain
from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.images import registry as registries
from lab_helpers.language import gettext as _

__all__ = ["create", "remove_remains"]

_READY_SECONDS = 90.0
_KEEPER = "lab_helpers.cluster.embedded.keeper"


def create(
    layout: EmbeddedLayout,
    artifacts: EmbeddedArtifacts,
    report: Report,
    apply_base: Callable[[bool], None],
    on_registry: OnRegistry,
) -> subprocess.Popen[str]:
    """Create a cluster whose servers are Ready and return its keeper, whose pipe this process now holds.

    Args:
        layout: Where its files lie.
        artifacts: What it is made of.
        report: Told what happens.
        apply_base: Applies DNS and storage; told whether some of it may be there already.
        on_registry: Told of the registry once it takes images: seconds before the node is Ready.

    Raises:
        LabError: It could not be made; nothing of it is left.
    """
    keeper = None
    try:
        report(_("writing certificates and configuration"))
        _write(layout, artifacts)
        keeper = pipe.start(_keep_command(layout), control.keeper_log(layout.control))
        _wait_ready(layout, keeper, report, apply_base, on_registry)
    except BaseException:
        _undo(layout, keeper)
        raise
    return keeper


def _wait_ready(
    layout: EmbeddedLayout,
    keeper: subprocess.Popen[str],
    report: Report,
    apply_base: Callable[[bool], None],
    on_registry: OnRegistry,
) -> None:
    api = ApiServer(layout)
    report(_("waiting for the API server"))
    registry = registries.load(layout.registry)
    _until(layout, keeper, "registry", lambda: registries.is_up(registry), outcome="answer")
    on_registry(registry)
    # It serves a second before it is ready: the roles it begins with are made by a loop that sleeps first. The
    # add-ons need no role to be applied, and this is when kubectl's processor time is not missed elsewhere.
    _wait_serving(layout, keeper, api)
    report(_("applying DNS and storage"))
    try:
        apply_base(False)
    except CommandFailed:  # the API server was cut off meanwhile, and comes back
        _wait_serving(layout, keeper, api)
        apply_base(True)
    _until(layout, keeper, "kube-apiserver", api.is_ready, outcome="become ready")
    pipe.tell(keeper, "api", layout.name)
    report(_("waiting for the node"))
    for name in (node.name for node in layout.server_nodes):
        _until(layout, keeper, "kubelet", partial(api.is_node_ready, name), outcome="become Ready")
    if layout.has_several_servers:
        nodes = EmbeddedNodes(layout)
        report(_("waiting for the members of etcd"))
        _until(layout, keeper, "etcd", lambda: all(nodes.members().values()), outcome="become healthy on each server")
        nodes.mark_servers()


def _wait_serving(layout: EmbeddedLayout, keeper: subprocess.Popen[str], api: ApiServer) -> None:
    _until(layout, keeper, "kube-apiserver", lambda: bool(api.get("/api/v1/namespaces/kube-system")), outcome="serve")


def remove_remains(layout: EmbeddedLayout) -> None:
    """Remove what is left of a cluster that ended by itself, or whose keeper was killed.

    That is the link, the cgroups, and files that belong to root. A keeper that is at it already is waited for.
    """
    control.wait_ended(layout.control, layout.name, seconds=END_SECONDS)
    if layout.spec.exists():
        shell.run(_clean_command(layout))
    # Without that file nothing of it has run, so every file is this user's.
    shutil.rmtree(layout.directory, ignore_errors=True)
    record.remove(layout.name)


def _write(layout: EmbeddedLayout, artifacts: EmbeddedArtifacts) -> None:
    """Write the record by which it can be found and removed, then all that the keeper and the node read."""
    details: dict[str, object] = {
        "directory": str(layout.directory),
        "network": layout.network,
        "servers": layout.servers,
    }
    record.save(
        record.ClusterRecord(layout.name, "embedded", time.time(), versions.KUBERNETES, details, kept=False, made=False)
    )
    shutil.rmtree(layout.directory, ignore_errors=True)
    layout.config.mkdir(parents=True)
    issued = credentials.issue(layout)
    registry = registries.prepare(layout.registry, layout.bridge_address, extra_addresses=[layout.local_address])
    for node in layout.server_nodes:
        configuration.write(
            layout,
            node,
            sandbox_image=artifacts.reference("pause"),
            cni_directory=doctor.cni_directory(),
            snapshotter=artifacts.snapshotter,
        )
        credentials.issue_node(issued, node)
        configuration.trust_registry(node, registry)
        if layout.has_several_servers:
            plan.server_spec(layout, node, artifacts).write(node.spec)
    address, port = layout.local_registry
    registries.save(layout.registry, replace(registry, address=address, port=port))
    references = {image.reference.rpartition(":")[0]: image.reference for image in artifacts.images}
    layout.images.write_text(json.dumps(references, indent=2), encoding="utf-8")
    artifacts.write(layout.artifacts)
    plan.cluster_spec(layout, artifacts).write(layout.spec)


def _keep_command(layout: EmbeddedLayout) -> list[str]:
    return privileged.python(_KEEPER, "keep", str(layout.spec))


def _clean_command(layout: EmbeddedLayout) -> list[str]:
    return privileged.python(_KEEPER, "clean", layout.name, str(layout.directory), str(record.path(layout.name)))


def _until(
    layout: EmbeddedLayout, keeper: subprocess.Popen[str], program: str, condition: Callable[[], bool], *, outcome: str
) -> None:
    ended = False

    def look() -> bool:
        nonlocal ended
        ended = keeper.poll() is not None
        return ended or condition()

    wait.until(
        look,
        seconds=_READY_SECONDS,
        outcome=outcome,
        object=program,
        last_event=lambda: _tail(layout, program),
        next_step="lab doctor",
        every=0.05,
    )
    if ended:
        why = explain(layout.name, read_end(layout.control), layout.directory, is_kept=False)
        details = why.reason, _tail(layout, program) or why.last_event or _tail(layout, "keeper")
        raise LabError(
            _("ended while {program} was starting").format(program=program),
            object=_("lab {name}").format(name=layout.name),
            last_event="\n".join(filter(None, details)),
            next_step="lab doctor",
        )


def _tail(layout: EmbeddedLayout, program: str, *, lines: int = 5) -> str:
    log = layout.logs / f"{program}.log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


def _undo(layout: EmbeddedLayout, keeper: subprocess.Popen[str] | None) -> None:
    if keeper is not None:
        pipe.let_go(keeper)
        pipe.wait_ended(keeper, END_SECONDS, layout.name)
    if layout.spec.exists():
        # The keeper never ran, or kept what explains a node's end. If this fails too, the first error explains both.
        shell.run(_clean_command(layout), check=False)
    shutil.rmtree(layout.directory, ignore_errors=True)
    record.remove(layout.name)
