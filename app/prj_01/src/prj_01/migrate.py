"""Bring the schema up to date: `python -m prj_01.migrate`; two at once do not collide, and again changes nothing."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import psycopg

from prj_01.backoff import Backoff
from prj_01.log import configure, logger, reason
from prj_01.settings import Environment, SettingsError, read_server

__all__ = ["MIGRATIONS", "main", "migrate"]

MIGRATIONS = Path(__file__).parents[2] / "migrations"

# Any number, as long as nobody else who uses the same database takes it for something else.
_LOCK = 0x7072_6A30_31
_RECORD = """
CREATE SCHEMA IF NOT EXISTS readings;
CREATE TABLE IF NOT EXISTS readings.migration (name text PRIMARY KEY, applied timestamptz NOT NULL DEFAULT now())
"""


def migrate(url: str, directory: Path = MIGRATIONS) -> list[str]:
    """Apply the migrations that the database lacks, in the order of their names, all or none.

    Args:
        url: The database.
        directory: The migrations, each a file of SQL.

    Returns:
        The names of those applied.

    Raises:
        psycopg.Error: The database is not there, or refused one; nothing has changed.
    """
    applied = []
    with psycopg.connect(url, connect_timeout=3) as connection:
        # Held until the transaction ends, whichever way.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute(_RECORD)
        present = {name for (name,) in connection.execute("SELECT name FROM readings.migration")}
        for file in sorted(directory.glob("*.sql")):
            if file.name not in present:
                connection.execute(file.read_bytes())
                connection.execute("INSERT INTO readings.migration (name) VALUES (%s)", [file.name])
                applied.append(file.name)
    return applied


def main() -> int:
    """Migrate as the environment says, waiting for a database that is still starting."""
    environment = Environment(os.environ)
    server = read_server(environment)
    url = environment.database_url()
    seconds = environment.number("MIGRATE_SECONDS", 30.0, 0, 3600)
    try:
        environment.check()
    except SettingsError as error:
        print(f"prj-01: {error}", file=sys.stderr)
        return 1
    configure(server.level, server.version)
    deadline, backoff = time.monotonic() + seconds, Backoff()
    while True:
        try:
            logger.info("migrated", extra={"applied": migrate(url)})
        except psycopg.OperationalError as error:
            if time.monotonic() >= deadline:
                print(f"prj-01: DATABASE_URL: {reason(error)}", file=sys.stderr)
                return 1
            time.sleep(backoff.fail())
        except psycopg.Error as error:
            print(f"prj-01: a migration was refused: {reason(error)}", file=sys.stderr)
            return 1
        else:
            return 0


if __name__ == "__main__":
    sys.exit(main())
