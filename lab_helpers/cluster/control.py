"""The socket on which a cluster's keeper takes requests: does it answer, and will it delete its cluster."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

from lab_helpers.errors import LabError

__all__ = ["answers", "ask_to_delete"]


def answers(control: Path) -> bool:
    """Whether the keeper that listens there lives; without its directory it does not."""
    try:
        _connect(control).close()
    except OSError:
        return False
    return True


def ask_to_delete(control: Path, lab: str, *, seconds: float = 30) -> bool:
    """Ask the keeper to delete its cluster and wait until it has; False when there is no keeper to ask.

    Args:
        control: The keeper's socket.
        lab: The lab's name.
        seconds: How long it may take.

    Raises:
        LabError: It did not finish in time.
    """
    try:
        client = _connect(control)
    except OSError:
        return False
    with client, suppress(ConnectionError):
        client.settimeout(seconds)
        client.sendall(b"delete\n")
        try:
            client.recv(64)
        except TimeoutError as error:
            raise LabError(
                f"was not deleted within {seconds:g} s",
                object=f"lab {lab}",
                next_step=f"tail {control.parent}/logs/keeper.log",
            ) from error
    return True


def _connect(control: Path) -> socket.socket:
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
