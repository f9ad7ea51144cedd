"""What a kind cluster needs of a machine, and what to type where it is missing."""

from __future__ import annotations

import os
from collections.abc import Sequence

from lab_helpers.cluster.base import Finding
from lab_helpers.cluster.containers import docker
from lab_helpers.cluster.embedded.binaries import toolchain
from lab_helpers.cluster.kind import creation, program
from lab_helpers.errors import LabError
from lab_helpers.versions import KIND

__all__ = [
    "findings",
]


def findings() -> Sequence[Finding]:
    """Everything that is needed, in the order in which one would mend it; quick, and changes nothing."""
    daemon = docker.find_daemon()
    return [daemon, _kind(), *([_image()] if daemon.ok else [])]


def _kind() -> Finding:
    found = program.on_path()
    if found is not None:
        return Finding("kind", ok=True, seen=str(found))
    try:
        go = toolchain.find()
    except LabError as error:
        step = f"go install sigs.k8s.io/kind@v{KIND}, or uv sync --frozen --group go"
        return Finding("kind", ok=False, seen=f"no kind v{KIND} on PATH, and {error.reason}", next_step=step)
    return Finding("kind", ok=True, seen=f"v{KIND}, built at first use with Go {go.version}")


def _image() -> Finding:
    image = creation.node_image()
    if docker.has_image(image):
        return Finding("node image", ok=True, seen=f"{image} is here")
    if os.environ.get("LAB_KIND_NODE_IMAGE"):
        step = "unset LAB_KIND_NODE_IMAGE"
        return Finding("node image", ok=False, seen=f"Docker does not have {image}", next_step=step)
    return Finding("node image", ok=True, seen=f"{image} is pulled at first use")
