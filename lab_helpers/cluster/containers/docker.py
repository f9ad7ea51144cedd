"""Docker's command: does its daemon answer, which containers are a cluster's, what their nodes are told."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from pathlib import Path

from lab_helpers import shell
from lab_helpers.cluster.base import Finding
from lab_helpers.errors import LabError
from lab_helpers.images.registry import Registry
from lab_helpers.language import gettext as _

__all__ = [
    "can_be_named",
    "containers",
    "find_daemon",
    "free_port",
    "gateway",
    "has_image",
    "named",
    "networks",
    "trust_registry",
]

_PATIENCE_SECONDS = 5.0  # what the daemon may take to answer a question
_INSTALLATION = "https://docs.docker.com/engine/install"
_SYSTEMD = Path("/run/systemd/system")  # there where it runs, says sd_booted(3)
_OLDEST = 23  # earlier daemons fail to start privileged containers where the host lacks a capability


def find_daemon() -> Finding:
    """Whether Docker's daemon answers and is new enough."""
    install = _("install Docker {version} or newer: {address}").format(version=_OLDEST, address=_INSTALLATION)
    if shell.find("docker") is None:
        return Finding("Docker", ok=False, seen=_("no docker command"), next_step=install)
    try:
        said = shell.run(["docker", "version", "--format={{json .Server}}"], timeout=_PATIENCE_SECONDS).stdout
    except LabError as error:
        seen = (error.last_event or error.reason).splitlines()[-1]
        return Finding("Docker", ok=False, seen=seen, next_step=_reaching(seen, install))
    version = _server_version(said)
    if version is None:
        return Finding("Docker", ok=False, seen=_("the docker command here is not Docker's"), next_step=install)
    seen = _("daemon {version}").format(version=version)
    return Finding("Docker", int(version.split(".")[0]) >= _OLDEST, seen, install)


def _reaching(seen: str, install: str) -> str:
    """What to type where the daemon does not answer."""
    if "permission denied" in seen:
        return "sudo usermod -aG docker $USER; newgrp docker"
    if _SYSTEMD.exists():
        return "sudo systemctl start docker; docker info"
    return f"docker info   # {_('or:')} {install}"


def _server_version(said: str) -> str | None:
    """The daemon's version; None where the command is another program's, as podman's may be."""
    told = json.loads(said or "null")
    version = str(told.get("Version", "")) if isinstance(told, dict) else ""
    return version if version.split(".")[0].isdecimal() else None


def has_image(image: str) -> bool:
    """Whether Docker has an image and need not pull it."""
    asked = shell.run(["docker", "image", "inspect", image], check=False, timeout=_PATIENCE_SECONDS)
    return asked.returncode == 0


def containers(label: str) -> list[str]:
    """The names of the containers with a label, stopped ones too."""
    listed = shell.run(["docker", "ps", "--all", f"--filter=label={label}", "--format={{.Names}}"])
    return sorted(listed.stdout.split())


def named(name: str) -> list[str]:
    """The container of that name, if there is one, stopped or not."""
    return shell.run(["docker", "ps", "--all", f"--filter=name=^{name}$", "--format={{.Names}}"]).stdout.split()


def networks(name: str) -> list[str]:
    """The identifiers of the networks of that name."""
    return shell.run(["docker", "network", "ls", "--quiet", f"--filter=name=^{name}$"]).stdout.split()


def can_be_named(name: str, label: str, image: str) -> bool:
    """Whether a container could be called so; a container that is there already is removed.

    Only for a container that would be the lab's own. It is tried, with the cluster's label on it, so that whoever dies
    meanwhile leaves what is found by it.
    """
    created = shell.run(["docker", "create", "--pull=never", f"--name={name}", f"--label={label}", image], check=False)
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
        called = _("Docker network {network}").format(network=network)
        raise LabError(_("has no IPv4 gateway"), object=called, next_step=f"docker network rm {network}")
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
            _("the gateway of Docker's network is no address of this machine ({error}): Docker runs elsewhere").format(
                error=error.strerror
            ),
            object=address,
            next_step=f"docker context use default   # {_('a daemon on this machine')}",
        ) from error


def trust_registry(nodes: Iterable[str], registry: Registry, certificates: str) -> None:
    """Make nodes resolve and trust a registry; containerd reads these files at each pull.

    Args:
        nodes: The containers.
        registry: The registry.
        certificates: Where containerd looks, inside the node.
    """
    directory = f"{certificates}/{registry.host}"
    server = f"https://{registry.hostname}:{registry.port}"
    hosts = f'server = "{server}"\n\n[host."{server}"]\ncapabilities = ["pull", "resolve"]\nca = "{directory}/ca.crt"\n'
    for node in nodes:
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
