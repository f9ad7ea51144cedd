"""Apply the migrations: `python3 -m prj_03.migrate`, before the first start and after each new release."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psycopg

from prj_03.log import configure
from prj_03.patience import insist, reason
from prj_03.settings import SettingsError, read_database

__all__ = ["main", "migrate"]

_DIRECTORY = Path(__file__).parents[2] / "migrations"
# Of all that migrate at the same time one does it and the others wait: CREATE … IF NOT EXISTS alone may collide.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('prj-03 migrations'))"


def migrate(url: str) -> list[str]:
    """Apply all migrations in one transaction, each of which may be applied again, and return their names."""
    files = sorted(_DIRECTORY.glob("*.sql"))
    with psycopg.connect(url, connect_timeout=10) as connection:
        connection.execute(_LOCK)
        for file in files:
            connection.execute(file.read_bytes())
    return [file.name for file in files]


def main() -> int:
    """Apply them and say so, waiting for a database that is still starting; the exit status."""
    configure("info", {"version": os.environ.get("APP_VERSION", "v0.0.0-dev")})
    try:
        url, patience_seconds = read_database(os.environ)
        applied = insist(lambda: migrate(url), patience_seconds)
    except (SettingsError, psycopg.Error) as error:
        message = reason(error) if isinstance(error, psycopg.Error) else str(error)
        print(f"prj-03: {message}", file=sys.stderr)
        return 1
    print(f"prj-03: applied {', '.join(applied)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
