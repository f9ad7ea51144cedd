"""The steps of creating a cluster of containers that do not depend on who makes it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lab_helpers import versions, wait
from lab_helpers.cluster import control, pipe, record
from lab_helpers.cluster.containers.docker import free_port
from lab_helpers.cluster.containers.layout import END_SECONDS, DockerLayout, DockerSpec
from lab_helpers.cluster.loss import ASKED, End, explain
from lab_helpers.errors import LabError
from lab_helpers.images import registry as registries
from lab_helpers.images.registry import Registry
from lab_helpers.kube.conditions import is_ready
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from lab_helpers.kube.client import Client

__all__ = ["prepare", "serve_registry", "start_keeper", "undo", "wait_created", "wait_nodes"]

_READY_SECONDS = 120.0
_REGISTRY_SECONDS = 60.0


def prepare(layout: DockerLayout, spec: DockerSpec, provider: str) -> None:
    """Write the record by which the cluster is found and removed, then what its keeper reads."""
    details: dict[str, object] = {"directory": str(layout.directory), "cluster": layout.cluster}
    record.save(
        record.ClusterRecord(layout.name, provider, time.time(), versions.KUBERNETES, details, kept=False, made=False)
    )
    shutil.rmtree(layout.directory, ignore_errors=True)
    layout.logs.mkdir(parents=True)
    spec.write(layout.spec)


def start_keeper(module: str, layout: DockerLayout) -> subprocess.Popen[str]:
    """Start a keeper, whose pipe this process then holds."""
    argv = [sys.executable, "-I", "-m", module, str(layout.spec)]
    return pipe.start(argv, control.keeper_log(layout.control))


def wait_created(layout: DockerLayout, keeper: subprocess.Popen[str], provider: str, seconds: float) -> None:
    """Wait until the command that makes the cluster has ended well.

    Raises:
        LabError: It failed; the last event is the end of what it printed.
        WaitTimeout: It has not ended in time.
    """

    def look() -> str | None:
        if layout.created.exists():
            return layout.created.read_text()
        return "keeper" if keeper.poll() is not None else None

    status = wait.until(look, seconds=seconds, outcome="create the cluster", object=provider, every=0.1)
    if status != "0":
        log = control.keeper_log(layout.control) if status == "keeper" else layout.logs / "create.log"
        last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        step = f"lab doctor --provider {provider}"
        object_name = _("lab {name}").format(name=layout.name)
        raise LabError(_("the cluster was not created"), object=object_name, last_event=last, next_step=step)


def serve_registry(layout: DockerLayout, keeper: subprocess.Popen[str], address: str) -> Registry:
    """Have the keeper serve a registry on one of this machine's addresses, and return it once it answers."""
    port = free_port(address, registries.LOOPBACK)
    registry = registries.prepare(layout.registry, address, port, is_on_loopback=True)
    pipe.tell(keeper, "registry", layout.name)
    registries.wait_up(registry, _REGISTRY_SECONDS)
    return registry


def wait_nodes(layout: DockerLayout, client: Client) -> None:
    """Note the version of the API server, and wait until every node is Ready.

    Raises:
        ClusterLost: Somebody has deleted the cluster meanwhile.
        WaitTimeout: One did not become so in time.
    """
    if not record.change(layout.name, kubernetes=client.server_version().removeprefix("v")):
        raise explain(layout.name, End(ASKED), layout.directory, is_kept=False)

    def look() -> bool:
        nodes = client.list("node")
        return bool(nodes) and all(map(is_ready, nodes))

    object_name = _("the nodes of {cluster}").format(cluster=layout.cluster)
    wait.until(look, seconds=_READY_SECONDS, outcome="become Ready", object=object_name, every=0.1)


def undo(spec: DockerSpec, keeper: subprocess.Popen[str] | None, clean: Callable[[], None]) -> None:
    """Delete what was made so far.

    Args:
        spec: What was to be made.
        keeper: Its keeper, which does it; None where it was not started.
        clean: Does it where the keeper did not.
    """
    if keeper is not None:
        pipe.let_go(keeper)
        pipe.wait_ended(keeper, END_SECONDS, spec.name)
    if Path(spec.directory).exists():  # the keeper never ran, or could not
        clean()
