"""The address of a learner's room: the same each time it is opened, so that a bookmark stays good."""

from __future__ import annotations

import json
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from lab_helpers import files, paths
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["Address", "claim"]

_FILE = "address.json"
# One of these for a lab, as long as it lives: below those that the kernel gives to connections at random.
_PORTS = range(8888, 8988)


@dataclass(frozen=True)
class Address:
    """Where a room is found, and the word that lets its learner in.

    Attributes:
        port: A port of this machine.
        token: A secret: who has it can do what the learner can.
    """

    port: int
    token: str

    @property
    def url(self) -> str:
        """What a browser is given."""
        return f"http://127.0.0.1:{self.port}/lab?token={self.token}"


def claim(name: str, port: int | None) -> Address:
    """The address of a lab's room, which it keeps from now on.

    Args:
        name: The lab's name.
        port: The port to use from now on; 0 for another one than before, None for the one it had.

    Raises:
        LabError: The port is in use.
    """
    before = _load(paths.room_directory(name))
    chosen = port or (before.port if before and port is None else _unused(name))
    reason = _why_in_use(chosen)
    if reason:
        called = _("port {port}").format(port=chosen)
        raise LabError(reason, object=called, next_step=f"lab open --name {name} --port 0")
    address = Address(chosen, before.token if before else secrets.token_hex(24))
    _save(paths.room_directory(name), address)
    return address


def _unused(name: str) -> int:
    """A port that is free, and is no other lab's."""
    rooms = (room for room in paths.state_directory().glob("labs/*/room") if room != paths.room_directory(name))
    others = {address.port for address in map(_load, rooms) if address}
    return next((port for port in _PORTS if port not in others and not _why_in_use(port)), 0) or _any_port()


def _any_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def _why_in_use(port: int) -> str:
    """Why a port of this machine cannot be used now; empty where it can."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except OSError as error:
            return error.strerror or str(error)
    return ""


def _load(room: Path) -> Address | None:
    try:
        kept = json.loads((room / _FILE).read_text(encoding="utf-8"))
        return Address(int(kept["port"]), str(kept["token"]))
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def _save(room: Path, address: Address) -> None:
    room.mkdir(parents=True, exist_ok=True)
    files.write(room / _FILE, json.dumps(asdict(address)), private=True)
