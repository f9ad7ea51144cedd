"""What a k3d cluster needs of a machine, and what to type where it is missing."""

from __future__ import annotations

from collections.abc import Sequence

from lab_helpers.cluster.containers import docker
from lab_helpers.cluster.containers.docker import Docker
from lab_helpers.cluster.findings import Finding
from lab_helpers.cluster.k3d import program
from lab_helpers.language import gettext as _
from lab_helpers.versions import K3S_IMAGE

__all__ = ["findings"]


def findings() -> Sequence[Finding]:
    """Everything that is needed, in the order in which one would mend it; quick, and changes nothing."""
    daemon, answering = docker.look()
    return [daemon, program.finding(), *([_image(answering)] if answering else [])]


def _image(daemon: Docker) -> Finding:
    template = _("{image} is here") if daemon.has_image(K3S_IMAGE) else _("{image} is pulled at first use")
    return Finding(_("node image"), ok=True, seen=template.format(image=K3S_IMAGE))
