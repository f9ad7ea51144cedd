"""The socket on which a cluster's keeper takes requests: does it answer, will it delete its cluster, has it ended."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import locks, wait
from lab_helpers.cluster.lifeline import HOLD, Holders, connect
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = [
    "DELETE",
    "Refused",
    "Request",
    "accept_request",
    "answers",
    "ask_to_delete",
    "asking",
    "forget",
    "keeper_log",
    "read_line",
    "say",
    "say_ending",
    "wait_ended",
]

# The socket's name while the keeper deletes its cluster: no longer asked for anything, waited for only.
_ENDING = "ending"
DELETE = "delete"
"""What every keeper is asked for: to delete its cluster."""

_DELETED = b"deleted"
_REQUEST_SECONDS = 5.0


class Refused(LabError):
    """A keeper does not do what it was asked for; all is as it was."""


@dataclass(frozen=True)
class Request:
    """What somebody asks of a keeper, and waits for.

    Attributes:
        verb: ``delete``, or what else the keeper knows.
        name: What is to be done it with; empty where that is the cluster.
        client: The connection to whoever asks.
    """

    verb: str
    name: str
    client: socket.socket


def accept_request(listening: socket.socket, holders: Holders, verbs: Collection[str] = ()) -> Request | None:
    """Take, as a keeper, what somebody asks and waits for; None where that is nothing.

    Whoever connects and says nothing does not keep the keeper from its owner for long.

    Args:
        listening: The keeper's socket.
        holders: Joined by whoever asks only to be told of the end.
        verbs: What else than to delete its cluster can be asked of it.
    """
    client, _address = listening.accept()
    client.settimeout(_REQUEST_SECONDS)
    with suppress(OSError):
        request = client.recv(64).strip()
        verb, _space, name = request.decode(errors="replace").partition(" ")
        if verb == DELETE or verb in verbs:
            client.settimeout(None)
            return Request(verb, name, client)
        if request == HOLD:
            holders.add(client)
            return None
    client.close()
    return None


def answers(control: Path) -> bool:
    """Whether the keeper that listens there lives; without its directory it does not."""
    try:
        connect(control).close()
    except OSError:
        return False
    return True


def ask_to_delete(control: Path, lab: str, *, seconds: float = 30) -> bool:
    """Ask the keeper to delete its cluster and wait until it has; False when there is none, or it ended without.

    Args:
        control: The keeper's socket.
        lab: The lab's name.
        seconds: How long it may take.

    Raises:
        LabError: It did not finish in time.
    """
    try:
        client = connect(control)
    except OSError:
        return False
    with client:
        return _last_words(client, control, lab, seconds, f"{DELETE}\n".encode()).strip() == _DELETED


@contextmanager
def asking(control: Path, lab: str, request: str, *, seconds: float) -> Iterator[tuple[str, socket.socket]]:
    """Ask a keeper for something else; its answer, a line, and the connection, by whose end it learns of ours.

    Args:
        control: The keeper's socket.
        lab: The lab's name.
        request: What is asked.
        seconds: How long each answer may take.

    Raises:
        LabError: No keeper listens, or it did not answer.
    """
    object_name = _("the keeper of lab {name}").format(name=lab)
    try:
        with connect(control) as client:
            client.settimeout(seconds)
            client.sendall(f"{request}\n".encode())
            yield read_line(client), client
    except TimeoutError as error:
        reason = _("did not answer within {seconds:g} s").format(seconds=seconds)
        raise LabError(reason, object=object_name, next_step=f"tail {keeper_log(control)}") from error
    except OSError as error:
        raise LabError(_("does not answer"), object=object_name, next_step=f"lab status --name {lab}") from error


def read_line(client: socket.socket) -> str:
    """The next line that a keeper says; empty where it hangs up instead."""
    heard = bytearray()
    while not heard.endswith(b"\n") and (part := client.recv(4096)):
        heard += part
    return heard.decode(errors="replace").strip()


def say(client: socket.socket, line: str) -> None:
    """Tell, as a keeper, whoever asked; that they wait no longer is no error."""
    with suppress(OSError):
        client.sendall(f"{line}\n".encode())


def wait_ended(control: Path, lab: str, *, seconds: float = 30) -> None:
    """Wait until a keeper has ended that is deleting its cluster, or that has yet to learn that its owner is gone.

    Without this whoever makes the next cluster of that name would lose its files to the keeper of the one before.

    Args:
        control: The keeper's socket, as it was called before.
        lab: The lab's name.
        seconds: How long it may take.

    Raises:
        LabError: It did not finish in time.
    """
    with suppress(OSError), connect(control.with_name(_ENDING)) as client:
        _last_words(client, control, lab, seconds)
    with suppress(FileNotFoundError), keeper_log(control).open() as log:
        wait.until(
            lambda: locks.try_lock(log),
            seconds=seconds,
            outcome="end",
            object=_("the keeper of lab {name}").format(name=lab),
            next_step=f"tail {log.name}",
        )


def keeper_log(control: Path) -> Path:
    """What a keeper prints to, and holds locked for as long as it lives (see ``pipe.start``)."""
    return control.parent / "logs/keeper.log"


def say_ending(control: Path) -> None:
    """Tell, as a keeper, that it deletes its cluster and takes no more requests; its socket lives until it ends."""
    with suppress(FileNotFoundError):
        control.rename(control.with_name(_ENDING))


def forget(directory: Path, record: Path) -> None:
    """Remove a cluster's files and its record, the socket last of all: whoever waits for it waits for everything."""
    if directory.exists():
        for entry in directory.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry.name != _ENDING:
                entry.unlink(missing_ok=True)
    record.unlink(missing_ok=True)
    shutil.rmtree(directory, ignore_errors=True)


def _last_words(client: socket.socket, control: Path, lab: str, seconds: float, request: bytes = b"") -> bytes:
    """What the keeper says before it ends; nothing where it was killed."""
    client.settimeout(seconds)
    try:
        client.sendall(request)
        return client.recv(64)
    except ConnectionError:
        return b""
    except TimeoutError as error:
        raise LabError(
            _("was not deleted within {seconds:g} s").format(seconds=seconds),
            object=_("lab {name}").format(name=lab),
            next_step=f"tail {keeper_log(control)}",
        ) from error
