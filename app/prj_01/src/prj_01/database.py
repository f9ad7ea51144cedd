"""A connection to PostgreSQL that is made anew where it was lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

__all__ = ["Database"]

# A server that vanished without a word is noticed within seconds; what DATABASE_URL says itself comes first.
_PATIENCE = {
    "application_name": "prj-01",
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
_STATEMENT_MILLISECONDS = 10_000


class Database:
    """The database, as one thread uses it.

    Args:
        url: As ``DATABASE_URL`` has it.
    """

    def __init__(self, url: str) -> None:
        self._parameters: dict[str, Any] = {**_PATIENCE, **conninfo_to_dict(url)}
        self._connection: psycopg.Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """A transaction: committed at the end of the block, rolled back by whatever is raised in it.

        Raises:
            psycopg.Error: The database is not there, or refused a statement. Whether an error in the commit itself came
                before or after it cannot be known: what is done in the block has to bear being done again.
        """
        connection = self._connect()
        try:
            with connection.transaction():
                yield connection
        except psycopg.Error:
            if connection.broken:
                self.close()
            raise

    def close(self) -> None:
        """Close the connection; the next transaction makes another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            connection = psycopg.connect(autocommit=True, **self._parameters)
            connection.execute(f"SET statement_timeout = {_STATEMENT_MILLISECONDS}")
            self._connection = connection
        return self._connection
