"""The node containers and the network of a kind cluster, looked at and changed through Docker's command."""

from __future__ import annotations

import json
import socket

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.images.registry import Registry

__all__ = [
    "can_be_named",
    "containers",
    "first",
    "free_port",
    "gateway",
    "has_image",
    "in_the_way",
    "networks",
    "trust_registry",
]

_LABEL = "io.x-k8s.kind.cluster"
_CERTIFICATES = "/etc/containerd/certs.d"


def containers(cluster: str) -> list[str]:
    """The names of a cluster's node containers, stopped ones too."""
    listed = shell.run(["docker", "ps", "--all", f"--filter=label={_LABEL}={cluster}", "--format={{.Names}}"])
    return sorted(listed.stdout.split())


def in_the_way(cluster: str) -> list[str]:
    """Whatever has a name that a cluster would give to what is its own."""
    named = shell.run(["docker", "ps", "--all", f"--filter=name=^{first(cluster)}$", "--format={{.Names}}"])
    found = {*containers(cluster), *named.stdout.split()}
    return [*(f"container {one}" for one in sorted(found)), *(f"network {one}" for one in networks(cluster))]


def first(cluster: str) -> str:
    """The name kind gives a cluster's only node."""
    return f"{cluster}-control-plane"


def networks(name: str) -> list[str]:
    """The identifiers of the networks of that name."""
    return shell.run(["docker", "network", "ls", "--quiet", f"--filter=name=^{name}$"]).stdout.split()


def has_image(image: str) -> bool:
    """Whether Docker has an image and need not pull it."""
    return shell.run(["docker", "image", "inspect", image], check=False).returncode == 0


def can_be_named(name: str, cluster: str, image: str) -> bool:
    """Whether a container could be called so; a container that is there already is removed.

    Only for a container that would be the lab's own. It is tried, with kind's label on it, so that whoever dies
    meanwhile leaves what `kind delete cluster` finds.
    """
    created = shell.run(
        ["docker", "create", "--pull=never", f"--name={name}", f"--label={_LABEL}={cluster}", image], check=False
    )
    shell.run(["docker", "rm", "--force", "--volumes", name], check=False)
    return created.returncode == 0


def gateway(network: str) -> str:
    """This machine's address on one of Docker's networks.

    Raises:
        LabError: It has none: Docker runs elsewhere, in a virtual machine for example.
    """
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
