"""Where Docker's daemon listens: found in one way for the docker package and for docker, kind and k3d alike.

It is named as for the docker command: by DOCKER_HOST, else by the context in DOCKER_CONTEXT, else by the one that
``docker context use`` noted. Where nothing is named, each socket is tried at which a daemon listens by default: also
those of rootless daemons and of Docker Desktop, for which docker itself wants a context.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.paths import home_directory

__all__ = ["Endpoint", "configuration_directory", "endpoints", "first_that_answers"]

T = TypeVar("T")

_VARIABLES = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")
_SYSTEM_SOCKET = Path("/var/run/docker.sock")
_INSTALLATION = "https://docs.docker.com/engine/install"
_CONNECT_SECONDS = 5.0
_SYSTEMD = Path("/run/systemd/system")  # there where it runs, says sd_booted(3)


@dataclass(frozen=True)
class Endpoint:
    """A place where a daemon may listen.

    Attributes:
        environment: The variables that lead there whoever understands Docker's: the docker package and all commands.
        origin: Who says that it may.
    """

    environment: Mapping[str, str]
    origin: str

    @property
    def host(self) -> str:
        """As in ``unix:///var/run/docker.sock``."""
        return self.environment["DOCKER_HOST"]

    def obstacle(self) -> str:
        """Why nobody can be reached there, as far as a socket of this machine tells by itself; else nothing."""
        path = self.host.removeprefix("unix://") or str(_SYSTEM_SOCKET)
        if path == self.host:
            return ""
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(_CONNECT_SECONDS)
            try:
                probe.connect(path)
            except OSError as error:
                return error.strerror or str(error)
        return ""

    def __str__(self) -> str:
        return f"{self.host} ({self.origin})"


def endpoints() -> list[Endpoint]:
    """Where a daemon may listen, in the order in which they are tried; one, where it is named.

    Raises:
        LabError: There is no context of the name that counts.
    """
    if os.environ.get("DOCKER_HOST"):
        environment = {name: os.environ.get(name, "") for name in _VARIABLES}
        return [Endpoint({**environment, "DOCKER_CONTEXT": ""}, "DOCKER_HOST")]
    named = os.environ.get("DOCKER_CONTEXT")
    context = named or _current_context()
    if context not in ("", "default"):
        return [_of_context(context, "DOCKER_CONTEXT" if named else str(configuration_directory() / "config.json"))]
    system, *others = (Endpoint(_leading_to(f"unix://{path}"), origin) for path, origin in _sockets())
    return [system] if named else [system, *others]


def first_that_answers(ask: Callable[[Endpoint], T]) -> T:
    """What the first daemon says that answers.

    Args:
        ask: Asks the one at an endpoint; a ``LabError`` says that it does not answer, and why.

    Raises:
        LabError: None answers; it names all that were tried.
    """
    tried: list[tuple[Endpoint, str]] = []
    for endpoint in endpoints():
        reason = endpoint.obstacle()
        try:
            if not reason:
                return ask(endpoint)
        except LabError as error:
            reason = error.reason
        tried.append((endpoint, reason))
    reasons = {reason: [str(endpoint) for endpoint, other in tried if other == reason] for _endpoint, reason in tried}
    listed = "; ".join(f"{', '.join(places)}: {reason}" for reason, places in reasons.items())
    reason = _("no daemon answers: {reasons}").format(reasons=listed)
    raise LabError(reason, object="Docker", next_step=_reaching(tried))


def _reaching(tried: Sequence[tuple[Endpoint, str]]) -> str:
    """What to type where no daemon answers."""
    if any("permission denied" in reason.lower() for _endpoint, reason in tried):
        return "sudo usermod -aG docker $USER; newgrp docker"
    origin = tried[0][0].origin
    if origin == "DOCKER_HOST":
        return f"unset DOCKER_HOST   # {_('or start the daemon that it names')}"
    if len(tried) == 1:
        return f"docker context ls   # {_('then `docker context use NAME`, or start its daemon')}"
    start = "sudo systemctl start docker" if _SYSTEMD.exists() else "sudo dockerd"
    return f"{start}   # {_('or: {address}').format(address=_INSTALLATION)}"


def configuration_directory() -> Path:
    """Where the docker command keeps its settings, contexts and credentials."""
    directory = os.environ.get("DOCKER_CONFIG")
    return Path(directory) if directory else home_directory() / ".docker"


def _current_context() -> str:
    try:
        settings = json.loads((configuration_directory() / "config.json").read_text(encoding="utf-8"))
        return str(settings.get("currentContext") or "")
    except (OSError, ValueError, AttributeError):
        return ""  # docker too goes on without what it cannot read


def _of_context(name: str, source: str) -> Endpoint:
    origin = _("context {name}, named by {source}").format(name=name, source=source)
    identifier = hashlib.sha256(name.encode()).hexdigest()
    contexts = configuration_directory() / "contexts"
    try:
        described = json.loads((contexts / "meta" / identifier / "meta.json").read_text(encoding="utf-8"))
        daemon: Mapping[str, Any] = described["Endpoints"]["docker"]
        host, is_unverified = daemon.get("Host") or f"unix://{_SYSTEM_SOCKET}", daemon.get("SkipTLSVerify")
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = _("is not there, or cannot be read: {error}").format(error=error)
        raise LabError(reason, object=origin, next_step="docker context ls") from error
    certificates = contexts / "tls" / identifier / "docker"
    if not certificates.is_dir():
        return Endpoint(_leading_to(host), origin)
    verify = "" if is_unverified else "1"
    tls = {"DOCKER_TLS": "1", "DOCKER_TLS_VERIFY": verify, "DOCKER_CERT_PATH": str(certificates)}
    return Endpoint(_leading_to(host) | tls, origin)


def _leading_to(host: str) -> dict[str, str]:
    return {**dict.fromkeys(_VARIABLES, ""), "DOCKER_HOST": host}


def _sockets() -> list[tuple[Path, str]]:
    """Where daemons listen by default, and whose they are."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.geteuid()}")
    home = home_directory() / ".docker"
    return [
        (_SYSTEM_SOCKET, _("the system's daemon")),
        (runtime / "docker.sock", _("a rootless daemon")),
        (home / "desktop" / "docker.sock", "Docker Desktop"),
        (home / "run" / "docker.sock", "Docker Desktop"),
    ]
