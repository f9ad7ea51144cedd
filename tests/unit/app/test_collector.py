"""prj_01 stores every reading that the feed gives exactly once, and publishes it, whatever is killed under load."""

from __future__ import annotations

import json
import os
import random
import signal
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from lab_helpers import wait
from tests import kills
from tests.backing_services import Database, Server
from tests.python_applications import Process

_RATE = 50  # readings a second
_HISTORY = 1_000_000
_BEFORE = 1000  # readings that the feed has before the collector's first start
_MOMENT_SECONDS = 1.0  # what moments are spread over, from the end of the restart before
_OUTAGE_SECONDS = 0.5
_SETTLED_SECONDS = 120.0

Row = tuple[str, str, float]


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[str]:
    """A feed of the application's own, by its address."""
    settings = {"FEED_RATE": str(_RATE), "FEED_HISTORY": str(_HISTORY)}
    process = Process("prj_01", "prj_01.feed", settings, tmp_path / "feed.log")
    process.start()
    try:
        yield f"http://127.0.0.1:{process.port()}/readings"
    finally:
        process.end(signal.SIGTERM)


@pytest.fixture
def url(database: Database) -> str:
    """The collector's database."""
    return database.create()


@pytest.fixture
def collector(url: str, broker: Server, feed: str, tmp_path: Path) -> Iterator[Process]:
    """The collector, not yet started."""
    settings = {
        "FEED_URL": feed,
        "DATABASE_URL": url,
        "BROKER_URL": broker.url,
        "POLL_SECONDS": "0.05",
        "AGGREGATE_SECONDS": "0.2",
        # Small, so that an outage fills it, and the feed is left alone meanwhile.
        "BATCH_SIZE": "12",
        "BUFFER_SIZE": "15",
        "DRAIN_SECONDS": "60",
    }
    process = Process("prj_01", "prj_01", settings, tmp_path / "collector.log")
    process.run("prj_01.migrate")
    yield process
    process.end(signal.SIGKILL)


def test_every_reading_is_stored_once_whatever_is_killed(
    database: Database,
    url: str,
    broker: Server,
    feed: str,
    collector: Process,
    record_property: Callable[[str, object], None],
) -> None:
    chance = random.Random(os.environ[kills.SEED])
    first = _begin_shortly_before_now(database, url, feed)
    collector.start()
    for _ in range(kills.number()):
        _strike(chance, collector, {"broker": broker, "database": database})
    newest = _newest(feed)
    wait.until(
        lambda: _is_settled(database, url, newest),
        seconds=_SETTLED_SECONDS,
        outcome="be stored",
        object=f"reading {newest}",
        last_event=lambda: _tail(collector),
    )
    collector.end(signal.SIGTERM)

    last = int(database.query("SELECT sequence FROM readings.progress", url))
    expected = list(_feed_rows(feed, first, last))
    assert len(expected) == last - first >= _BEFORE
    stored = _rows(database, url)
    assert len(stored) == len(expected)
    assert set(stored) == set(expected)
    published = _published(broker.url)
    waiting = int(database.query("SELECT count(*) FROM readings.outbox", url))
    assert set(published) <= set(expected)
    assert len(set(published)) >= len(expected) - waiting
    record_property("readings", len(expected))
    record_property("published", len(published))


def _begin_shortly_before_now(database: Database, url: str, feed: str) -> int:
    """Let the collector go on where one would that was stopped a moment ago, and return that sequence."""
    first = _newest(feed) - _BEFORE
    database.query(f"INSERT INTO readings.progress VALUES ('feed', {first}, now())", url)
    return first


def _strike(chance: random.Random, collector: Process, services: dict[str, Server]) -> None:
    """Kill the collector or what it needs at a random moment, and start it again after a while."""
    assert not collector.dies_within(chance.random() * _MOMENT_SECONDS), _tail(collector)
    victim = chance.choices(("collector", *services), (3, 1, 2))[0]
    if victim in services:
        # At once, so that it comes back by its log, or in order.
        services[victim].end(chance.choice((signal.SIGKILL, signal.SIGINT)))
        assert not collector.dies_within(chance.random() * _OUTAGE_SECONDS), _tail(collector)
        services[victim].start()
        return
    collector.end(chance.choice((signal.SIGTERM, signal.SIGKILL)))
    collector.start()


def _is_settled(database: Database, url: str, newest: int) -> bool:
    """Whether all up to a sequence is stored, aggregated and published."""
    progress = database.query("SELECT sequence FROM readings.progress", url)
    # All but the readings of the last moment, for the feed does not end.
    behind = database.query(
        "SELECT (SELECT count(*) FROM readings.reading) - (SELECT sum(count) FROM readings.minute) < 200"
        " AND (SELECT count(*) < 200 FROM readings.outbox)",
        url,
    )
    return int(progress) >= newest and behind == "t"


def _tail(process: Process) -> str:
    return process.log.read_text()[-2000:]


def _ask(feed: str, after: int, limit: int = 1000) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{feed}?after={after}&limit={limit}", timeout=30) as response:
        entries: list[dict[str, Any]] = json.load(response)
    return entries


def _newest(feed: str) -> int:
    (oldest,) = _ask(feed, 0, limit=1)
    return int(oldest["sequence"]) + _HISTORY - 1


def _feed_rows(feed: str, first: int, last: int) -> Iterator[Row]:
    """What the feed gave after a sequence and up to another one."""
    after = first
    while after < last:
        for entry in _ask(feed, after, min(1000, last - after)):
            after = int(entry["sequence"])
            yield entry["sensor"], entry["at"], entry["value"]


def _rows(database: Database, url: str) -> list[Row]:
    rows = database.query("SELECT sensor, to_json(at) #>> '{}', value FROM readings.reading", url).splitlines()
    columns = (row.split("|") for row in rows)
    return [(sensor, datetime.fromisoformat(at).isoformat(), float(value)) for sensor, at, value in columns]


def _published(url: str) -> list[Row]:
    with Redis.from_url(url, decode_responses=True) as broker:
        entries: Any = broker.xrange("readings")
    return [(fields["sensor"], fields["at"], float(fields["value"])) for _, fields in entries]
