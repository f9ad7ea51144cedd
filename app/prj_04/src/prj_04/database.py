"""A connection to PostgreSQL that is made when it is needed and made anew when it was lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg

__all__ = ["Database", "DatabaseOutageError", "ValueRefusedError"]

# A peer that is gone without a word is noticed: by the connection attempt, by keepalives, by data nobody acknowledges.
_LIVENESS: Mapping[str, Any] = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# A standby, or one that keeps us out, answers and is of no use.
_IS_WRITABLE = """
SELECT current_setting('transaction_read_only') = 'off'
    AND has_table_privilege('alerts.alert', 'INSERT') AND has_table_privilege('alerts.outbox', 'INSERT')
"""


class DatabaseOutageError(Exception):
    """The database is not there, or cannot do its work now; says why. Time mends it."""


class ValueRefusedError(Exception):
    """The database refuses a value, and always will; says why."""


class Database:
    """One connection, for one thread.

    Args:
        url: Of PostgreSQL.
        name: What the connection is called in the server's list of activities.
    """

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._connection: psycopg.Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """A transaction, committed at the end of the block.

        Raises:
            DatabaseOutageError: Whether it is committed is then not known.
            ValueRefusedError: It is not committed.
        """
        try:
            connection = self._connected()
            with connection.transaction():
                yield connection
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            raise ValueRefusedError(_reason(error)) from error
        except psycopg.Error as error:
            self.close()
            raise DatabaseOutageError(_reason(error)) from error

    def ping(self) -> None:
        """Nothing, if alerts can be stored.

        Raises:
            DatabaseOutageError: The database is not there, its tables are not, or it takes nothing.
        """
        with self.transaction() as connection:
            row = connection.execute(_IS_WRITABLE).fetchone()
        if row != (True,):
            raise DatabaseOutageError("the tables cannot be written to")

    def close(self) -> None:
        """Close the connection; the next transaction makes another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connected(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._url, autocommit=True, application_name=f"prj-04 {self._name}", **_LIVENESS
            )
        return self._connection


def _reason(error: psycopg.Error) -> str:
    """The first line of what the server or libpq says; neither repeats a password."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
