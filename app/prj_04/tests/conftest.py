"""Real services for the tests that need them; without, those are skipped, or fail where REQUIRE_SERVICES is set."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import conninfo
from redis import Redis

from prj_04.migrate import migrate
from tests.support import Receiver, Service


def _url(name: str) -> str:
    url = os.environ.get(name, "")
    if not url:
        (pytest.fail if os.environ.get("REQUIRE_SERVICES") else pytest.skip)(f"{name} is not set")
    return url


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The URL of a database of its own, before any migration."""
    url, name = _url("TEST_DATABASE_URL"), f"prj_04_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield conninfo.make_conninfo(url, dbname=name)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(empty_database: str) -> str:
    """The URL of a database of its own, with the tables."""
    migrate(empty_database)
    return empty_database


@pytest.fixture
def redis() -> Iterator[Any]:
    """A Redis that is empty, and is so again after the test."""
    with Redis.from_url(_url("TEST_BROKER_URL"), protocol=2) as client:
        assert client.dbsize() == 0, "TEST_BROKER_URL names a database of Redis in which there is something"
        try:
            yield client
        finally:
            client.flushdb()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook."""
    with Receiver() as server:
        yield server


@pytest.fixture
def service(redis: Any, empty_database: str) -> Iterator[Service]:
    """The process, not yet started."""
    with Service({"DATABASE_URL": empty_database, "BROKER_URL": os.environ["TEST_BROKER_URL"]}) as process:
        yield process
