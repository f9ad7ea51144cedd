"""The node containers of a kind cluster, looked at and changed through Docker's command."""

from __future__ import annotations

import json
import os
import socket

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.images.registry import Registry

__all__ = ["containers", "free_port", "gateway", "trust_registry"]

_LABEL = "io.x-k8s.kind.cluster"
_CERTIFICATES = "/etc/containerd/certs.d"


def containers(cluster: str) -> list[str]:
    """The names of a cluster's node containers, stopped ones too."""
    listed = shell.run(["docker", "ps", "--all", f"--filter=label={_LABEL}={cluster}", "--format={{.Names}}"])
    return sorted(listed.stdout.split())


def gateway() -> str:
    """This machine's address on the network of kind's containers.

    Raises:
        LabError: It has none: Docker runs elsewhere, in a virtual machine for example.
    """
    network = os.environ.get("KIND_EXPERIMENTAL_DOCKER_NETWORK", "kind")
    described = json.loads(shell.run(["docker", "network", "inspect", network]).stdout)[0]
    addresses = [entry["Gateway"] for entry in described["IPAM"]["Config"] if "." in entry.get("Gateway", "")]
    if not addresses:
        step = f"docker network rm {network}"
        raise LabError("has no IPv4 gateway", object=f"Docker network {network}", next_step=step)
    return str(addresses[0])


def free_port(address: str) -> int:
    """A TCP port that is free on one of this machine's addresses.

    Raises:
        LabError: The address is not this machine's.
    """
    try:
        with socket.create_server((address, 0)) as server:
            return int(server.getsockname()[1])
    except OSError as error:
        raise LabError(
            f"the gateway of kind's network is no address of this machine ({error.strerror}): Docker runs elsewhere",
            object=address,
            next_step="docker context use default   # a daemon on this machine",
        ) from error


def trust_registry(cluster: str, registry: Registry) -> None:
    """Make every node resolve and trust a registry; containerd reads these files at each pull."""
    directory = f"{_CERTIFICATES}/{registry.host}"
    server = f"https://{registry.hostname}:{registry.port}"
    hosts = f'server = "{server}"\n\n[host."{server}"]\ncapabilities = ["pull", "resolve"]\nca = "{directory}/ca.crt"\n'
    for node in containers(cluster):
        _write(node, f"{directory}/ca.crt", registry.ca_certificate.read_text())
        _write(node, f"{directory}/hosts.toml", hosts)
        known = _run(node, ["cat", "/etc/hosts"]).splitlines()
        kept = [line for line in known if not line.endswith(f" {registry.hostname}")]
        _write(node, "/etc/hosts", "\n".join([*kept, f"{registry.address} {registry.hostname}"]) + "\n")


def _write(node: str, path: str, content: str) -> None:
    # Written in place: Docker has mounted the container's /etc/hosts, so it cannot be replaced.
    _run(node, ["sh", "-c", 'mkdir -p "$(dirname "$1")" && cat > "$1"', "sh", path], content)


def _run(node: str, argv: list[str], content: str | None = None) -> str:
    return shell.run(["docker", "exec", "--interactive", node, *argv], input=content).stdout
