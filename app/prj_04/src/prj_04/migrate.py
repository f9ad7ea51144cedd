"""Apply the migrations: `python3 -m prj_04.migrate`, before the first start and after each new release."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psycopg

from prj_04.backoff import Backoff
from prj_04.settings import SettingsError, read_migration

__all__ = ["main", "migrate"]

_DIRECTORY = Path(__file__).parents[2] / "migrations"
# Of all that migrate at the same time one does it and the others wait: CREATE … IF NOT EXISTS alone may collide.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('prj-04 migrations'))"


def migrate(url: str) -> list[str]:
    """Apply all migrations in one transaction, each of which may be applied again, and return their names."""
    files = sorted(_DIRECTORY.glob("*.sql"))
    with psycopg.connect(url, connect_timeout=10) as connection:
        connection.execute(_LOCK)
        for file in files:
            connection.execute(file.read_bytes())
    return [file.name for file in files]


def _insist(url: str, seconds: float) -> list[str]:
    """Migrate a database that may still be starting."""
    deadline, backoff = time.monotonic() + seconds, Backoff()
    while True:
        try:
            return migrate(url)
        except psycopg.OperationalError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(backoff.next_seconds())


def main() -> int:
    """Apply them and say so, waiting for a database that is still starting; the exit status."""
    try:
        print(f"prj-04: applied {', '.join(_insist(*read_migration(os.environ)))}")
    except (SettingsError, psycopg.Error) as error:
        # In one line: libpq has one for each address that it tried.
        print(f"prj-04: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
