"""Servers of a test's own, to be killed: others' must not lose theirs with them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.backing_services import Database, Server, postgresql_server, redis_server


@pytest.fixture
def database() -> Iterator[Database]:
    with postgresql_server() as server:
        yield server


@pytest.fixture
def broker() -> Iterator[Server]:
    with redis_server() as server:
        yield server
