"""What a k3d cluster has in Docker, and how all of it is removed."""

from __future__ import annotations

from pathlib import Path

from lab_helpers import shell, wait
from lab_helpers.cluster import control
from lab_helpers.cluster.containers import leftovers
from lab_helpers.cluster.containers.docker import Docker
from lab_helpers.cluster.containers.layout import DELETION_SECONDS
from lab_helpers.cluster.k3d.layout import K3dLayout, K3dSpec
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.versions import K3D_TOOLS_IMAGE

__all__ = ["clean", "find", "remove"]

_K3D_SECONDS = 40.0
_PATIENCE_SECONDS = 15.0  # a container that Docker was just asked for may come while the others go


def find(docker: Docker, layout: K3dLayout) -> list[str]:
    """What Docker has of a cluster, or what is called as that would be: containers, volumes, the network."""
    named = (name for container in layout.containers for name in docker.named(container))
    remains = [_("container {name}").format(name=name) for name in sorted({*docker.containers(layout.label), *named})]
    remains += [_("volume {name}").format(name=name) for name in docker.volumes(layout.label)]
    return remains + [_("network {name}").format(name=name) for name in docker.networks(layout.network)]


def clean(spec: K3dSpec) -> None:
    """Delete a cluster, its files and its record.

    k3d deletes what it finds by the nodes. Where it was killed before it had made one it finds nothing, and where one
    is half made it may give up: what is left after it is removed by its label and its name.

    Raises:
        LabError: Something of it is still there; the record stays, so that the next command tries again.
    """
    layout, deadline = spec.layout, wait.Deadline(DELETION_SECONDS)
    docker = Docker(spec.docker, deadline)
    leftovers.end_commands(spec.directory)
    if not layout.is_created:
        for name, image in zip(layout.containers, (K3D_TOOLS_IMAGE, spec.image), strict=True):
            leftovers.wait_none_being_made(docker, name, layout.label, image)
    k3d_error = _ask_k3d(spec, min(_K3D_SECONDS, deadline.remaining))
    object_name = _("{provider} cluster {cluster}").format(provider="k3d", cluster=layout.cluster)
    try:
        wait.until(lambda: _sweep(docker, layout), seconds=_PATIENCE_SECONDS, outcome="be gone", object=object_name)
    except LabError as error:
        error.last_event = "\n".join(filter(None, (error.last_event, k3d_error)))
        error.next_step = error.next_step or f"docker ps --all --filter label={layout.label}"
        raise
    control.forget(Path(spec.directory), Path(spec.record))


def remove(layout: K3dLayout) -> None:
    """Remove what a cluster left whose keeper was killed; see ``leftovers.remove_remains``."""
    leftovers.remove_remains(layout, lambda: clean(K3dSpec.read(layout.spec)))


def _ask_k3d(spec: K3dSpec, seconds: float) -> str:
    """Have k3d delete the cluster; why it did not, or nothing."""
    try:
        shell.run(spec.delete_command(), env=spec.environment(), timeout=seconds)
    except LabError as error:
        return str(error)
    return ""


def _sweep(docker: Docker, layout: K3dLayout) -> bool:
    """Remove what is left; whether nothing was."""
    docker.remove("container", docker.containers(layout.label))
    docker.remove("volume", docker.volumes(layout.label))
    docker.remove("network", docker.networks(layout.network))
    return not find(docker, layout)
