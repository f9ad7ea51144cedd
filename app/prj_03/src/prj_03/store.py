"""Store: one report a window in the database, and the same bytes in a file; whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import errors

from prj_03.window import Window

__all__ = ["BusyError", "connected", "stored", "write"]

# A peer that is gone without a word is noticed: by the connection attempt, by keepalives, by data nobody acknowledges.
_LIVENESS = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# The server ends the work of a job that was killed, and with it the job's lock, within this time.
_NOTICE = "1s"
_FIND = 'SELECT body FROM reports.report WHERE "window" = %s'
_INSERT = 'INSERT INTO reports.report ("window", body) VALUES (%s, %s)'
_LOCK = "SELECT pg_advisory_lock(hashtext('prj-03'), hashtext(%s))"


class BusyError(Exception):
    """Another run makes the report of the same window, and is not done."""


@contextmanager
def connected(url: str, window: Window, patience_seconds: float) -> Iterator[psycopg.Connection]:
    """A connection while no other run has the same window.

    Args:
        url: Of PostgreSQL.
        window: Which other runs wait for, until the block ends or this process does.
        patience_seconds: How long to wait for another run.

    Raises:
        BusyError: Another run still had it.
        psycopg.Error: The database is not there, or cannot do it.
    """
    with psycopg.connect(url, autocommit=True, application_name=f"prj-03 {window.name}", **_LIVENESS) as connection:
        # Read by later transactions as it is when they begin, so that one which began to wait sees what it waited for.
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        _set(connection, "client_connection_check_interval", _NOTICE)
        _set(connection, "lock_timeout", f"{max(1, round(patience_seconds * 1000))}ms")
        try:
            connection.execute(_LOCK, (window.name,))
        except errors.LockNotAvailable as error:
            raise BusyError from error
        yield connection


def stored(connection: psycopg.Connection, window: Window, make: Callable[[], str]) -> tuple[str, bool]:
    """The report of a window, made and stored where there is none yet, and whether it was there before.

    Args:
        connection: As `connected` gives it.
        window: Which.
        make: Makes it, in the transaction that stores it.

    Raises:
        psycopg.Error: The database cannot do it; nothing is stored then.
    """
    with connection.transaction():
        row = connection.execute(_FIND, (window.name,)).fetchone()
        if row is not None:
            return row[0], True
        body = make()
        connection.execute(_INSERT, (window.name, body))
    return body, False


def write(directory: Path, window: Window, body: str) -> Path:
    """Write a report as a file, in one step: whoever finds it finds it whole, even after a loss of power.

    Raises:
        OSError: It cannot be written; what was there before still is.
    """
    path = directory / f"{window.name}.json"
    # The same name again and again, so that a killed run leaves no more than one; it is nobody else's, by the lock.
    part = directory / f".{window.name}.json.part"
    with part.open("wb") as file:
        file.write(body.encode())
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    _sync(directory)
    return path


def _sync(directory: Path) -> None:
    """A rename is durable only once its directory is (fsync(2))."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _set(connection: psycopg.Connection, name: str, value: str) -> None:
    connection.execute("SELECT set_config(%s, %s, false)", (name, value))
