"""A connection to a keeper, held by those who use its cluster: however that ends, they learn of it at once."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

from lab_helpers.cluster.loss import FULL, KILLED, End

__all__ = ["HOLD", "Holders", "Lifeline", "connect", "leave_end", "read_end"]

HOLD = b"hold"
"""What is asked of a keeper by whoever wants to be told of the end."""

_END = "end"  # the file in which a keeper that ends its cluster leaves why


class Holders:
    """Those who wait, as a keeper sees them, for the end of its cluster."""

    def __init__(self) -> None:
        self._clients: list[socket.socket] = []

    def add(self, client: socket.socket) -> None:
        """Keep a connection open, which the kernel closes however this process ends; close those that were let go."""
        client.setblocking(False)
        self._clients = [*filter(_is_held, self._clients), client]

    def tell(self, end: End) -> None:
        """Say why the cluster ends, now that it does."""
        for client in self._clients:
            with client, suppress(OSError):
                client.send(end.encode())


def _is_held(client: socket.socket) -> bool:
    """Whether its other end is still held; a connection that is not is closed."""
    try:
        heard = client.recv(1)  # nothing more is ever said on it, so that all there can be is its end
    except BlockingIOError:
        return True
    except OSError:
        heard = b""
    if not heard:
        client.close()
    return bool(heard)


class Lifeline:
    """A connection that a keeper holds for as long as its cluster lives; that of a killed keeper the kernel cuts.

    Args:
        control: The keeper's socket.
    """

    def __init__(self, control: Path) -> None:
        self._client: socket.socket | None = None
        with suppress(OSError):
            self._client = connect(control)
            self._client.sendall(HOLD + b"\n")

    def wait(self) -> End:
        """Wait for the cluster's end, or for ``close``, and return why it ended."""
        if self._client is None:
            return KILLED
        with suppress(OSError), self._client as client:
            return End.decode(client.recv(1 << 16))
        return KILLED

    def close(self) -> None:
        """Let go; a thread that waits returns at once."""
        if self._client is not None:
            with suppress(OSError):
                self._client.shutdown(socket.SHUT_RDWR)


def read_end(control: Path) -> End:
    """Why a cluster ended, of which files are left; that of a killed keeper where nothing tells."""
    try:
        content = control.with_name(_END).read_bytes()
        return End.decode(content) if content else End(FULL)  # what kept it from being written
    except OSError:
        return KILLED


def leave_end(control: Path, end: End) -> None:
    """Leave, as a keeper, why the cluster ended, beside the logs that explain it; on a full disk an empty file."""
    with suppress(OSError):
        control.with_name(_END).write_bytes(end.encode())


def connect(control: Path) -> socket.socket:
    """Connect to a keeper's socket.

    Raises:
        OSError: Nobody listens there.
    """
    # By way of an open directory, because a socket's path may be 108 bytes long and a home directory longer.
    directory = os.open(control.parent, os.O_PATH)
    try:
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(f"/proc/self/fd/{directory}/{control.name}")
        except OSError:
            client.close()
            raise
        return client
    finally:
        os.close(directory)
