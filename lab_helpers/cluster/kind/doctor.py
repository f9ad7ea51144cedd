"""What a kind cluster needs of a machine, and what to type where it is missing."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence

from lab_helpers import shell
from lab_helpers.cluster.base import Finding
from lab_helpers.cluster.embedded.binaries import toolchain
from lab_helpers.cluster.kind import creation, program
from lab_helpers.errors import LabError
from lab_helpers.versions import KIND

__all__ = [
    "findings",
]

_PATIENCE = 5.0  # seconds Docker's daemon has to answer
_OLDEST = 23  # earlier daemons fail to start privileged containers where the host lacks a capability


def findings() -> Sequence[Finding]:
    """Everything that is needed, in the order in which one would mend it; quick, and changes nothing."""
    docker = _docker()
    return [docker, _kind(), *([_image()] if docker.ok else [])]


def _docker() -> Finding:
    if shell.find("docker") is None:
        return Finding("Docker", ok=False, seen="no docker command", next_step="apt-get install -y docker.io")
    try:
        said = shell.run(["docker", "version", "--format={{json .Server}}"], timeout=_PATIENCE).stdout
    except LabError as error:
        seen = (error.last_event or error.reason).splitlines()[-1]
        return Finding("Docker", ok=False, seen=seen, next_step="sudo systemctl start docker; docker info")
    version = str(json.loads(said)["Version"])
    step = "upgrade Docker, or lab run --provider embedded"
    return Finding("Docker", int(version.split(".")[0]) >= _OLDEST, f"daemon {version}", step)


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
    if shell.run(["docker", "image", "inspect", image], check=False, timeout=_PATIENCE).returncode == 0:
        return Finding("node image", ok=True, seen=f"{image} is here")
    if os.environ.get("LAB_KIND_NODE_IMAGE"):
        step = "unset LAB_KIND_NODE_IMAGE"
        return Finding("node image", ok=False, seen=f"Docker does not have {image}", next_step=step)
    return Finding("node image", ok=True, seen=f"{image} is pulled at first use")
