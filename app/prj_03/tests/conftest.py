"""A real PostgreSQL for the tests that need one; without, those are skipped, or fail where REQUIRE_SERVICES is set."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import conninfo

from prj_03.migrate import migrate

# What prj-01's migration makes, as far as a report reads it.
_READINGS = """
CREATE SCHEMA readings;
CREATE TABLE readings.reading (sensor text, at timestamptz, value double precision NOT NULL, PRIMARY KEY (sensor, at));
"""


@pytest.fixture
def database() -> Iterator[str]:
    """The URL of a database of its own, with no reading in it."""
    url = os.environ.get("TEST_DATABASE_URL", "")
    if not url:
        (pytest.fail if os.environ.get("REQUIRE_SERVICES") else pytest.skip)("TEST_DATABASE_URL is not set")
    name = f"prj_03_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            own = conninfo.make_conninfo(url, dbname=name)
            with psycopg.connect(own) as inside:
                inside.execute(_READINGS)
            migrate(own)
            yield own
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
