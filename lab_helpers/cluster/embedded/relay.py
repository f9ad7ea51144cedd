"""The way from this machine into a lab: an address of its own loopback that leads over the lab's link or nowhere.

An address of the lab's bridge is not for clients. Whoever still held it when the lab is gone, a notebook's kernel or a
`kubectl` that tries again, would send to it by this machine's default route, to strangers. What is sent to a loopback
address never leaves the machine, whatever was killed: nobody listens there any more, and it is refused at once.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from lab_helpers.cluster.embedded.spec import Forward

__all__ = ["Connect", "end", "listen", "serve"]

Connect = Callable[[], socket.socket]
"""Makes a connection, or raises ``OSError``."""

_CONNECT_SECONDS = 5.0
_CHUNK = 1 << 18
_CONNECTIONS = 110  # on each of four ways, and two descriptors each, of the 1024 a process may have


def serve(way: Forward, link: str) -> None:
    """Carry what comes to ``way.listen`` to ``way.target`` until this process ends.

    Args:
        way: From where to where.
        link: The link to go by, and by no other.

    Raises:
        OSError: Something else listens there.
    """
    listen(way.listen, lambda: _connect(way, link))


def listen(address: tuple[str, int], connect: Connect, *, connections: int = _CONNECTIONS) -> None:
    """Carry what comes to an address to wherever ``connect`` leads, until this process ends.

    Args:
        address: An address and a port.
        connect: Makes a connection to carry one to.
        connections: How many are carried at a time; others wait.

    Raises:
        OSError: Something else listens there.
    """
    listening = socket.create_server(address, backlog=128)
    threading.Thread(target=_accept, args=(listening, connect, connections), daemon=True).start()


def end(connection: socket.socket) -> None:
    """End a connection in both directions, as whoever reads from it or writes to it then learns."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _accept(listening: socket.socket, connect: Connect, connections: int) -> None:
    free = threading.BoundedSemaphore(connections)
    while True:
        free.acquire()
        try:
            client, _address = listening.accept()
        except OSError:  # of one that has gone meanwhile: nobody else's way ends by that
            free.release()
            continue
        threading.Thread(target=_carry, args=(client, connect, free), daemon=True).start()


def _carry(client: socket.socket, connect: Connect, free: threading.BoundedSemaphore) -> None:
    try:
        # Cut off in between, or not to be connected: either way the client's connection ends, and says so to it.
        with client, suppress(OSError), connect() as target:
            back = threading.Thread(target=_pour, args=(target, client), daemon=True)
            back.start()
            _pour(client, target)
            back.join()
    finally:
        free.release()


def _connect(way: Forward, link: str) -> socket.socket:
    target = socket.socket()
    try:
        target.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, link.encode())
        target.settimeout(_CONNECT_SECONDS)
        target.connect(way.target)
        target.settimeout(None)
    except OSError:
        target.close()
        raise
    return target


def _pour(source: socket.socket, target: socket.socket) -> None:
    """Carry one direction until its sender has ended it."""
    target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(OSError):
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
        return
    for connection in (source, target):  # one of them broke: the other side is to learn of it
        end(connection)
