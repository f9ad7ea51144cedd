"""What a kind cluster needs of a machine, and what to type where it is missing."""

from __future__ import annotations

import os
from collections.abc import Sequence

from lab_helpers import programs
from lab_helpers.cluster.containers import docker
from lab_helpers.cluster.containers.docker import Docker
from lab_helpers.cluster.findings import Finding
from lab_helpers.cluster.kind import creation
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.programs import toolchain
from lab_helpers.versions import KIND

__all__ = [
    "findings",
]


def findings() -> Sequence[Finding]:
    """Everything that is needed, in the order in which one would mend it; quick, and changes nothing."""
    daemon, answering = docker.look()
    return [daemon, _kind(), *([_image(answering)] if answering else [])]


def _kind() -> Finding:
    present = programs.find("kind")
    if present:
        return Finding("kind", ok=True, seen=str(present["kind"]))
    try:
        go = toolchain.find()
    except LabError as error:
        step = f"go install sigs.k8s.io/kind@v{KIND}   # {_('or:')} uv sync --frozen --group go"
        description = _("no {program} v{version} on PATH, and {reason}").format(
            program="kind", version=KIND, reason=error.reason
        )
        return Finding("kind", ok=False, seen=description, next_step=step)
    description = _("v{version}, built at first use with Go {go}").format(version=KIND, go=go.version)
    return Finding("kind", ok=True, seen=description)


def _image(daemon: Docker) -> Finding:
    image = creation.node_image()
    if daemon.has_image(image):
        return Finding(_("node image"), ok=True, seen=_("{image} is here").format(image=image))
    if os.environ.get("LAB_KIND_NODE_IMAGE"):
        step = "unset LAB_KIND_NODE_IMAGE"
        description = _("Docker does not have {image}").format(image=image)
        return Finding(_("node image"), ok=False, seen=description, next_step=step)
    return Finding(_("node image"), ok=True, seen=_("{image} is pulled at first use").format(image=image))
