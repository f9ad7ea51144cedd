"""A database and a broker of one's own, where the environment names some: see README.md."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psycopg
import pytest
import redis

from prj_01.database import Database
from prj_01.migrate import migrate


@pytest.fixture
def empty_database_url() -> str:
    """A database without tables."""
    url = os.environ.get("TEST_DATABASE_URL")
    if not url:
        pytest.skip("TEST_DATABASE_URL names no database")
    with psycopg.connect(url) as connection:
        connection.execute("DROP SCHEMA IF EXISTS readings CASCADE")
    return url


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    """A database with empty tables."""
    migrate(empty_database_url)
    return empty_database_url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def broker_url() -> str:
    """A broker without anything in it."""
    url = os.environ.get("TEST_BROKER_URL")
    if not url:
        pytest.skip("TEST_BROKER_URL names no broker")
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url
