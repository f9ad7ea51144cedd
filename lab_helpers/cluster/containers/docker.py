"""Docker's command, speaking to one daemon: which containers are a cluster's, what their nodes are told."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lab_helpers import shell, wait
from lab_helpers.cluster.findings import Finding
from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.images.endpoint import Endpoint, first_that_answers
from lab_helpers.images.registry import Registry
from lab_helpers.language import gettext as _

__all__ = ["Docker", "find", "free_port", "look"]

_ANSWER_SECONDS = 5.0  # what the daemon may take to say that it is there
_WORK_SECONDS = 20.0  # what it may take for anything else; it makes others wait while it makes and removes containers
_INSTALLATION = "https://docs.docker.com/engine/install"
_OLDEST = 23  # earlier daemons fail to start privileged containers where the host lacks a capability


def find() -> Docker:
    """The command, speaking to the first daemon that answers it.

    Raises:
        LabError: There is no such command, or none answers.
    """
    if shell.find("docker") is None:
        raise LabError(_("no docker command"), object="Docker", next_step=_install())
    return first_that_answers(_connect)


def look() -> tuple[Finding, Docker | None]:
    """Whether a daemon answers and is new enough, for a doctor; and the command that speaks to it, if so."""
    try:
        docker = find()
    except LabError as error:
        description = error.reason if error.object == "Docker" else f"{error.object}: {error.reason}"
        return Finding("Docker", ok=False, seen=description, next_step=error.next_step), None
    is_new = int(docker.version.split(".")[0]) >= _OLDEST
    description = _("daemon {version} at {endpoint}").format(version=docker.version, endpoint=docker.endpoint_name)
    return Finding("Docker", is_new, description, _install()), docker if is_new else None


@dataclass(frozen=True)
class Docker:
    """The docker command on one daemon, whatever this process's environment says now.

    Attributes:
        environment: The variables that lead to the daemon; empty for whatever the environment names.
        deadline: When all that it is asked has to be done.
        endpoint_name: What the daemon's place is called; only of one that was found just now, as is its version.
        version: The daemon's.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    deadline: wait.Deadline | None = None
    endpoint_name: str = ""
    version: str = ""

    def has_image(self, image: str) -> bool:
        """Whether the daemon has an image and need not pull it."""
        return self._run("image", "inspect", image, check=False).returncode == 0

    def containers(self, label: str) -> list[str]:
        """The names of the containers with a label, stopped ones too."""
        return sorted(self._list("ps", "--all", f"--filter=label={label}", "--format={{.Names}}"))

    def running(self, label: str) -> set[str]:
        """Those of the containers with a label that run."""
        return set(self._list("ps", f"--filter=label={label}", "--format={{.Names}}"))

    def named(self, name: str) -> list[str]:
        """The container of that name, if there is one, stopped or not."""
        return self._list("ps", "--all", f"--filter=name=^{name}$", "--format={{.Names}}")

    def networks(self, name: str) -> list[str]:
        """The identifiers of the networks of that name."""
        return self._list("network", "ls", "--quiet", f"--filter=name=^{name}$")

    def volumes(self, label: str) -> list[str]:
        """The names of the volumes with a label."""
        return self._list("volume", "ls", "--quiet", f"--filter=label={label}")

    def remove(self, kind: str, names: Iterable[str]) -> None:
        """Remove containers, volumes or networks; none is no error.

        Args:
            kind: ``container``, ``volume`` or ``network``.
            names: What they are called.
        """
        command = {"container": ["rm", "--force", "--volumes"], "volume": ["volume", "rm", "--force"]}
        unwanted = list(names)
        if unwanted:
            self._run(*command.get(kind, [kind, "rm"]), *unwanted)

    def kill(self, container: str) -> None:
        """End a container's processes at once; whatever its restart policy says, it stays ended."""
        self._run("kill", container)

    def start(self, container: str) -> None:
        """Start a container that has ended, with all that it has written."""
        self._run("start", container)

    def can_be_named(self, name: str, label: str, image: str) -> bool:
        """Whether a container could be called so; a container that is there already is removed.

        Only for a container that would be the lab's own. It is tried, with the cluster's label on it, so that whoever
        dies meanwhile leaves what is found by it.
        """
        options = ["--pull=never", f"--name={name}", f"--label={label}"]
        created = self._run("create", *options, image, check=False)
        self._run("rm", "--force", "--volumes", name, check=False)
        return created.returncode == 0

    def published(self, container: str, port: int) -> str:
        """Where this machine reaches a port of a container, as ``ADDRESS:PORT``.

        Raises:
            LabError: It is not published, or there is no such container.
        """
        return self._list("port", container, f"{port}/tcp")[0]

    def gateway(self, network: str) -> str:
        """This machine's address on one of the daemon's networks.

        Raises:
            LabError: It has none: Docker runs elsewhere, in a virtual machine for example.
        """
        described = json.loads(self._run("network", "inspect", network).stdout)[0]
        configs = described["IPAM"]["Config"] or []
        addresses = [entry["Gateway"] for entry in configs if "." in entry.get("Gateway", "")]
        if not addresses:
            object_name = _("Docker network {network}").format(network=network)
            raise LabError(_("has no IPv4 gateway"), object=object_name, next_step=f"docker network rm {network}")
        return str(addresses[0])

    def trust_registry(self, nodes: Iterable[str], registry: Registry, certificates: str) -> None:
        """Make nodes resolve and trust a registry; containerd reads these files at each pull.

        Args:
            nodes: The containers.
            registry: The registry.
            certificates: Where containerd looks, inside the node.
        """
        directory = f"{certificates}/{registry.host}"
        server = f"https://{registry.hostname}:{registry.port}"
        host = f'capabilities = ["pull", "resolve"]\nca = "{directory}/ca.crt"\n'
        for node in nodes:
            self._write(node, f"{directory}/ca.crt", registry.ca_certificate.read_text())
            self._write(node, f"{directory}/hosts.toml", f'server = "{server}"\n\n[host."{server}"]\n{host}')
            known = self._execute(node, ["cat", "/etc/hosts"]).splitlines()
            others = [line for line in known if not line.endswith(f" {registry.hostname}")]
            self._write(node, "/etc/hosts", "\n".join([*others, f"{registry.address} {registry.hostname}"]) + "\n")

    def execute(self, container: str, argv: Sequence[str]) -> int:
        """Run a command in a container, with this process's standard streams, and return its exit code."""
        command = ["docker", "exec", "--interactive", container, *argv]
        with shell.start(command, env=self.environment, stdin=None) as process:
            return process.wait()

    def _write(self, node: str, path: str, content: str) -> None:
        # Written in place: Docker has mounted the container's /etc/hosts, so it cannot be replaced.
        self._execute(node, ["sh", "-c", 'mkdir -p "$(dirname "$1")" && cat > "$1"', "sh", path], content)

    def _execute(self, node: str, argv: list[str], content: str | None = None) -> str:
        return self._run("exec", "--interactive", node, *argv, content=content).stdout

    def _list(self, *arguments: str) -> list[str]:
        return self._run(*arguments).stdout.split()

    def _run(self, *arguments: str, content: str | None = None, check: bool = True) -> shell.Completed:
        seconds = min(_WORK_SECONDS, self.deadline.remaining) if self.deadline else _WORK_SECONDS
        command = ["docker", *arguments]
        return shell.run(command, env=self.environment, input=content, check=check, timeout=seconds)


def free_port(address: str, *others: str) -> int:
    """A TCP port that is free on all of these addresses of this machine.

    Raises:
        LabError: The first address is not this machine's.
    """
    try:
        while True:
            with socket.create_server((address, 0)) as server:
                port = int(server.getsockname()[1])
                if all(_is_free(other, port) for other in others if other != address):
                    return port
    except OSError as error:
        raise LabError(
            _("the gateway of Docker's network is no address of this machine ({error}): Docker runs elsewhere").format(
                error=error.strerror
            ),
            object=address,
            next_step=f"docker context use default   # {_('a daemon on this machine')}",
        ) from error


def _connect(endpoint: Endpoint) -> Docker:
    command = ["docker", "version", "--format={{json .Server}}"]
    try:
        answer = shell.run(command, env=endpoint.environment, timeout=_ANSWER_SECONDS).stdout
    except CommandFailed as error:
        raise LabError((error.last_event or error.reason).splitlines()[-1]) from error
    version = _server_version(answer)
    if version is None:
        raise LabError(_("the docker command here is not Docker's"))
    return Docker(endpoint.environment, endpoint_name=str(endpoint), version=version)


def _server_version(answer: str) -> str | None:
    """The daemon's version; None where the command is another program's, as podman's may be."""
    try:
        described = json.loads(answer or "null")
    except ValueError:
        return None
    version = str(described.get("Version", "")) if isinstance(described, dict) else ""
    return version if version.split(".")[0].isdecimal() else None


def _install() -> str:
    return _("install Docker {version} or newer: {address}").format(version=_OLDEST, address=_INSTALLATION)


def _is_free(address: str, port: int) -> bool:
    try:
        socket.create_server((address, port)).close()
    except OSError:
        return False
    return True
