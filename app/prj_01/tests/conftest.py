"""A database and a broker of one's own on the servers that the environment names: see README.md."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from prj_01.database import Database
from prj_01.migrate import migrate


def _server(variable: str) -> str:
    url = os.environ.get(variable, "")
    if not url:
        (pytest.fail if os.environ.get("REQUIRE_SERVICES") else pytest.skip)(f"{variable} names no server")
    return url


@pytest.fixture
def empty_database_url() -> Iterator[str]:
    """A new database, gone after the test."""
    url, name = _server("TEST_DATABASE_URL"), f"prj_01_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(url)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    """A new database with empty tables."""
    migrate(empty_database_url)
    return empty_database_url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def broker_url() -> Iterator[str]:
    """A broker with nothing in it."""
    url = _server("TEST_BROKER_URL")
    with redis.Redis.from_url(url) as client:
        assert client.dbsize() == 0, "TEST_BROKER_URL names a Redis in which there is something"
        try:
            yield url
        finally:
            client.flushdb()
