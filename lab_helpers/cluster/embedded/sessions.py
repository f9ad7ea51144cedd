"""Commands that run on a node for whoever asks its keeper: as root, as over ssh, and ended with the connection.

Who may ask the keeper is an administrator of the cluster, and could start a privileged pod on the node as well.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from lab_helpers import shell
from lab_helpers.cluster.control import Request
from lab_helpers.errors import LabError

__all__ = ["EXECUTE", "READY", "Sessions", "send_command"]

EXECUTE = "node-exec"
"""What is asked, with the name of a node; the keeper says ``READY``, gets the command, and says how it ended."""

READY = "ready"

_NAMESPACES = {"mount": "mnt", "net": "net", "uts": "uts", "ipc": "ipc", "pid": "pid_for_children"}
_STREAMS = 3
_COMMAND_SECONDS = 5.0


class Sessions:
    """Starts commands on the nodes of one cluster, and ends them with those who asked.

    Args:
        pid: A process in the namespaces of the node of a name.
        selector: Wakes the keeper, which calls what is registered there.
    """

    def __init__(self, pid: Callable[[str], int], selector: selectors.BaseSelector) -> None:
        self._pid = pid
        self._selector = selector

    def begin(self, request: Request) -> None:
        """Take a command as soon as it is sent; a node that is not there is said."""
        try:
            pid = self._pid(request.name)
        except LabError as error:
            _say(request.client, f"failed {error}")
            request.client.close()
            return
        _say(request.client, READY)
        self._selector.register(request.client, selectors.EVENT_READ, partial(self._start, request.client, pid))

    def _start(self, client: socket.socket, pid: int) -> None:
        self._selector.unregister(client)
        streams: list[int] = []
        try:
            argv = _receive_command(client, streams)
            process = shell.start(
                [*_entering(pid), *argv], stdin=streams[0], stdout=streams[1], stderr=streams[2], new_session=True
            )
        except (LabError, OSError, ValueError, LookupError) as error:
            _say(client, f"failed {error}")
            client.close()
            return
        finally:
            for stream in streams:
                os.close(stream)
        ended = os.pidfd_open(process.pid)
        self._selector.register(client, selectors.EVENT_READ, partial(self._hang_up, client, process))
        self._selector.register(ended, selectors.EVENT_READ, partial(self._finish, client, process, ended))

    def _hang_up(self, client: socket.socket, process: subprocess.Popen[str]) -> None:
        """Whoever asked is gone: what runs is told so, as by an sshd."""
        self._selector.unregister(client)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGHUP)

    def _finish(self, client: socket.socket, process: subprocess.Popen[str], ended: int) -> None:
        self._selector.unregister(ended)
        os.close(ended)
        with suppress(KeyError):
            self._selector.unregister(client)
        code = process.wait()
        _say(client, str(code if code >= 0 else 128 - code))
        client.close()


def send_command(client: socket.socket, argv: list[str]) -> None:
    """Send a keeper that is ready the command, and this process's standard streams for it."""
    socket.send_fds(client, [json.dumps(argv).encode() + b"\n"], list(range(_STREAMS)))


def _receive_command(client: socket.socket, streams: list[int]) -> list[str]:
    client.settimeout(_COMMAND_SECONDS)
    heard, fds, _flags, _address = socket.recv_fds(client, 1 << 16, _STREAMS)
    streams += fds
    while not heard.endswith(b"\n"):
        part = client.recv(1 << 16)
        if not part:
            raise ConnectionError("hung up")
        heard += part
    if len(streams) != _STREAMS:
        raise ValueError("the command came without its standard streams")
    client.settimeout(None)
    return [str(argument) for argument in json.loads(heard)]


def _entering(pid: int) -> list[str]:
    # What the keeper ignores its children would ignore, and a shell cannot trap.
    namespaces = (f"--{name}=/proc/{pid}/ns/{file}" for name, file in _NAMESPACES.items())
    return ["env", "--default-signal=HUP,INT", "nsenter", *namespaces, "--"]


def _say(client: socket.socket, line: str) -> None:
    with suppress(OSError):  # nobody waits for it any more
        client.sendall(f"{line}\n".encode())
