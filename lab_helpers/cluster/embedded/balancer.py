"""A TCP load balancer on the lab's bridge: one address for several servers, of which any may end.

What kubeadm's guide wants before several API servers, so that no client has to know which of them live: HAProxy with a
check of ``/readyz``. Here it is the relay with such a check, for the machine would have to be given that one. It runs
in the network namespace of the bridge and is started again by the keeper.

A server whose cable was cut says goodbye to nobody. Whoever is connected to it would wait, most clients for 45 s, so
that the connections to one that does not answer are ended here.
"""

from __future__ import annotations

import errno
import http.client
import itertools
import json
import os
import socket
import ssl
import sys
import threading
import weakref
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from lab_helpers.cluster.embedded import relay
from lab_helpers.cluster.embedded.spec import Balanced

__all__ = ["Balancer", "command", "main"]

_CONNECT_SECONDS = 1.0
_ANSWER_SECONDS = 2.0
_PAUSE_SECONDS = 0.5
_MISSES = 2  # in a row: on a busy machine one answer may be late
_CONNECTIONS = 150  # on each of three ways, and two descriptors each, of the 1024 a process may have


def command(ways: Sequence[Balanced]) -> list[str]:
    """The command that balances these ways until it is killed."""
    return [sys.executable, "-I", "-m", __name__, json.dumps([asdict(way) for way in ways])]


def main() -> int:
    """Balance the ways that ``argv[1]`` has as JSON."""
    for way in json.loads(sys.argv[1]):
        listen, targets = tuple(way["listen"]), [(address, port) for address, port in way["targets"]]
        balancer = Balancer(Balanced(listen, targets, way["authority"]))
        relay.listen(listen, balancer.connect, connections=_CONNECTIONS)
    threading.Event().wait()
    return 0


class Balancer:
    """Spreads connections over the servers that are ready, and looks all the time which are.

    Args:
        way: From where to which servers.
    """

    def __init__(self, way: Balanced) -> None:
        self._servers = [_Server(target, _check(target, way.authority)) for target in way.targets]
        self._turns = itertools.count()

    def connect(self) -> socket.socket:
        """A connection to the next server that is ready, else to any that takes it.

        Raises:
            OSError: None does.
        """
        turn = next(self._turns) % len(self._servers)
        in_turn = self._servers[turn:] + self._servers[:turn]
        error = OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))
        for server in sorted(in_turn, key=lambda server: not server.is_ready):
            try:
                return server.connect()
            except OSError as failure:
                error = failure
        raise error


class _Server:
    """One of the servers.

    Args:
        target: Its address and port.
        check: Says whether it is ready, or fails where it does not answer.

    Attributes:
        is_ready: Whether it was, when it was last asked.
    """

    def __init__(self, target: tuple[str, int], check: Callable[[], bool]) -> None:
        self.is_ready = False
        self._target = target
        self._check = check
        self._misses = 0
        self._connections: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()  # of the connections
        threading.Thread(target=self._watch, daemon=True).start()

    def connect(self) -> socket.socket:
        connection = _connect(self._target)
        with self._lock:
            self._connections.add(connection)
        return connection

    def _watch(self) -> None:
        is_over = threading.Event()
        while not is_over.wait(_PAUSE_SECONDS):
            try:
                self.is_ready, self._misses = self._check(), 0
            except (OSError, http.client.HTTPException):
                self._misses += 1
                if self._misses >= _MISSES:
                    self._drop()

    def _drop(self) -> None:
        """Send nobody there, and end what is connected: whoever is at the other end connects again, and elsewhere."""
        self.is_ready = False
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            relay.end(connection)


def _connect(target: tuple[str, int]) -> socket.socket:
    connection = socket.create_connection(target, timeout=_CONNECT_SECONDS)
    connection.settimeout(None)
    return connection


def _check(target: tuple[str, int], authority: str) -> Callable[[], bool]:
    """How a server is asked whether it is ready: by ``/readyz`` where it is an API server, else by connecting to it."""
    if not authority:
        return lambda: _takes_connections(target)
    tls = ssl.create_default_context(cadata=Path(authority).read_text())
    return lambda: _is_ready(target, tls)


def _takes_connections(target: tuple[str, int]) -> bool:
    _connect(target).close()
    return True


def _is_ready(target: tuple[str, int], tls: ssl.SSLContext) -> bool:
    connection = http.client.HTTPSConnection(*target, timeout=_ANSWER_SECONDS, context=tls)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.client.OK
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
