"""prj_02 with a real database, and ended by SIGTERM at random moments: nobody who was connected goes unanswered."""

from __future__ import annotations

import json
import os
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import kills
from tests.backing_services import Database, postgresql_server
from tests.unit.app import collected_readings
from tests.unit.app.price_kills import Client, Service

_ROWS = """
insert into readings.reading values
    ('hall', '2026-01-31T12:00:00.123456+09', 20.5), ('hall', '2026-01-31T03:00:01Z', 21.5), ('cellar', now(), 9);
insert into readings.minute values ('hall', '2026-01-31T03:00:00Z', 2, 20.5, 21.5, 21);
"""
_LOAD_SECONDS = 0.6  # what moments are spread over
_CLIENTS = 8
_GRACE_SECONDS = 0.5  # of src/drain.js: so long may who is connected ask once more


@pytest.fixture
def filled(postgresql: Database, database_url: str) -> str:
    """A database with the tables of prj_01 and a few readings."""
    _fill(postgresql, database_url)
    return database_url


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Callable[..., int]]:
    """Starts prj_02 with settings and returns its port; ends it gracefully."""
    started: list[Service] = []

    def start(**settings: str) -> int:
        started.append(Service(tmp_path / str(len(started)), settings))
        return started[-1].start()

    yield start
    for each in started:
        assert each.end()[1] == 0


def _fill(server: Database, url: str) -> None:
    server.query(collected_readings.tables() + _ROWS, url)


def _ask(port: int, path: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_readings_come_from_the_tables_of_prj_01(service: Callable[..., int], filled: str) -> None:
    port = service(DATABASE_URL=filled)
    latest = [
        {"at": "2026-01-31T03:00:01.000000Z", "value": 21.5},
        {"at": "2026-01-31T03:00:00.123456Z", "value": 20.5},
    ]
    assert _ask(port, "/readings?sensor=hall") == (200, {"sensor": "hall", "readings": latest})
    assert _ask(port, "/readings?sensor=hall&limit=1") == (200, {"sensor": "hall", "readings": latest[:1]})
    assert _ask(port, "/readings?sensor=attic") == (200, {"sensor": "attic", "readings": []})
    minute = {"minute": "2026-01-31T03:00:00.000000Z", "count": 2, "minimum": 20.5, "maximum": 21.5, "mean": 21}
    assert _ask(port, "/readings/minutes?sensor=hall") == (200, {"sensor": "hall", "minutes": [minute]})


def test_a_database_that_is_not_migrated_is_said_to_be_so(service: Callable[..., int], database_url: str) -> None:
    status, answer = _ask(service(DATABASE_URL=database_url), "/readings?sensor=hall")
    assert status == 503
    assert answer["error"] == "no readings now: the tables of prj-01 are not there: its migration has not run"


def test_a_lost_database_takes_only_the_readings_down_and_they_come_back(service: Callable[..., int]) -> None:
    with postgresql_server() as server:
        _fill(server, server.url)
        port = service(DATABASE_URL=server.url)
        assert _ask(port, "/readings?sensor=hall")[0] == 200
        server.end()
        assert _ask(port, "/readings?sensor=hall")[0] == 503
        assert _ask(port, "/ready") == (200, {"status": "ready"})
        assert _ask(port, "/price?quantity=2")[0] == 200
        server.start()
        assert _ask(port, "/readings?sensor=hall")[0] == 200


def test_no_accepted_request_is_lost_on_sigterm(
    filled: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(os.environ[kills.SEED])
    answered = refused = 0
    for number in range(kills.number()):
        service = Service(tmp_path / str(number), {"DATABASE_URL": filled, "DRAIN_SECONDS": "60"})
        port = service.start()
        seeds = [random.Random(chance.random()) for _ in range(_CLIENTS)]
        clients = [Client(f"{i}", port, seed, keeps=i % 2 == 0) for i, seed in enumerate(seeds)]
        for client in clients:
            client.start()
        time.sleep(chance.random() * _LOAD_SECONDS)
        moment, status = service.end()
        for client in clients:
            client.join(300)
            assert not client.is_alive()
            assert client.wrong == []
            # Who connected after SIGTERM may be turned away: a load balancer knows by then, thanks to `preStop`.
            lost = [connected for connected, sent in client.unanswered if sent < moment + _GRACE_SECONDS]
            assert [connected for connected in lost if connected < moment] == []
            for note, text in client.notes.items():
                assert (service.data / f"{note}.txt").read_text() == text
        assert (status, service.lines()[-1]["message"]) == (0, "drained")
        answered += sum(client.answered for client in clients)
        refused += sum(len(client.unanswered) for client in clients)
    assert answered > 0
    record_property("answered", answered)
    record_property("turned away after SIGTERM", refused)
