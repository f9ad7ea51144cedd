"""Which members of etcd serve, as the keeper sees it: each is asked on its own socket, whatever API servers say."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Mapping

from lab_helpers.cluster.control import say
from lab_helpers.cluster.embedded.node_root import ETCD_DIRECTORY
from lab_helpers.cluster.embedded.processes import first_process
from lab_helpers.errors import LabError

__all__ = ["LIST", "answer"]

LIST = "etcd-members"
"""What is asked; the answer is JSON: whether each is healthy, by the name of its node."""

_SECONDS = 2.0


def answer(client: socket.socket, servers: Mapping[str, int]) -> None:
    """Say which members are healthy, in a thread of its own: one without a majority takes its time to say so.

    Args:
        client: Who asks.
        servers: The starter of the first process of each server, by its name; 0 where it has ended.
    """
    threading.Thread(target=_answer, args=(client, servers), daemon=True).start()


def _answer(client: socket.socket, servers: Mapping[str, int]) -> None:
    with client:
        say(client, json.dumps({name: pid != 0 and _is_healthy(pid) for name, pid in servers.items()}))


def _is_healthy(starter: int) -> bool:
    """Whether a member answers a read that a majority has to agree to."""
    try:
        connection = _UnixConnection(f"/proc/{first_process(starter)}/root{ETCD_DIRECTORY}/client")
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException, LabError):
        return False


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a socket of the file system."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
