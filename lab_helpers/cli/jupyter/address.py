"""The address of a learner's room: the same each time it is opened, so that bookmarks stay valid."""

from __future__ import annotations

import json
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from lab_helpers import container, files, paths
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["Address", "claim"]

_FILE = "address.json"
# Each lab keeps one of these; they are below the kernel's ephemeral ports.
_PORTS = range(8888, 8988)


@dataclass(frozen=True)
class Address:
    """The port and token of a room.

    Attributes:
        port: A port on 127.0.0.1; of a container, the one that Docker publishes there.
        token: The secret token of the learner's session.
    """

    port: int
    token: str

    @property
    def url(self) -> str:
        """The URL for a browser."""
        return f"http://127.0.0.1:{self.port}/lab?token={self.token}"


def claim(name: str, port: int | None) -> Address:
    """Choose and save the address of a lab's room.

    Args:
        name: The lab's name.
        port: The port to use from now on; 0 picks a free one, None keeps the previous one.

    Raises:
        LabError: The port is in use.
    """
    previous = _load(paths.room_directory(name))
    chosen_port = port or (previous.port if previous and port is None else _unused(name))
    reason = _why_in_use(chosen_port)
    if reason:
        object_name = _("port {port}").format(port=chosen_port)
        raise LabError(reason, object=object_name, next_step=f"lab open --name {name} --port 0")
    address = Address(chosen_port, previous.token if previous else secrets.token_hex(24))
    _save(paths.room_directory(name), address)
    return address


def _unused(name: str) -> int:
    """A free port that belongs to no other lab."""
    rooms = (room for room in paths.state_directory().glob("labs/*/room") if room != paths.room_directory(name))
    others = {address.port for address in map(_load, rooms) if address}
    return next((port for port in _PORTS if port not in others and not _why_in_use(port)), 0) or _any_port()


def _any_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def _why_in_use(port: int) -> str:
    """Why a port cannot be bound now; empty if it can."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((container.address(), port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def _load(room: Path) -> Address | None:
    try:
        content = json.loads((room / _FILE).read_text(encoding="utf-8"))
        return Address(int(content["port"]), str(content["token"]))
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def _save(room: Path, address: Address) -> None:
    room.mkdir(parents=True, exist_ok=True)
    files.write(room / _FILE, json.dumps(asdict(address)), private=True)
