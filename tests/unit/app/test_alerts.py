"""prj_04 raises every alert that the readings demand exactly once, whatever is killed in the middle of a message."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from lab_helpers import wait
from tests import kills
from tests.backing_services import Database, Server
from tests.python_applications import Process
from tests.unit.app.alert_kills import DEAD_LETTERS, STREAM, Consumer, Load, Webhook

_MOMENT_SECONDS = 1.0  # what moments are spread over, from the end of the restart before
_SETTLED_SECONDS = 120.0
_ALERTS = 100  # so many are demanded at least
_HAS_ALL = """
SELECT count(*) > 0 AND NOT EXISTS (
    SELECT sensor, at, value FROM readings.reading EXCEPT SELECT sensor, at, value FROM alerts.alert
) FROM alerts.alert
"""
_SERVICES = ("broker", "database")


def test_every_alert_is_raised_once_whatever_is_killed(
    database: Database, broker: Server, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(os.environ[kills.SEED])
    database_url = database.create()
    with Webhook(random.Random(chance.random())) as webhook:
        settings = {
            "DATABASE_URL": database_url,
            "BROKER_URL": broker.url,
            "WEBHOOK_URL": webhook.url,
            "DRAIN_SECONDS": "60",
        }
        consumers = [Consumer(f"pod-{number}", settings, tmp_path / f"log-{number}") for number in range(2)]
        consumers[0].run("prj_04.migrate")
        load = Load(broker.url, random.Random(chance.random()))
        load.start()
        try:
            for number in range(kills.number()):
                _strike(number, chance, consumers, {"broker": broker, "database": database})
            # However slow the machine is and however few the kills are.
            wait.until(
                lambda: len(load.alerts) > _ALERTS,
                seconds=_SETTLED_SECONDS,
                outcome="be published",
                object=f"what demands {_ALERTS} alerts",
            )
            load.end()
            wait.until(
                lambda: _is_settled(broker.url, database, database_url),
                seconds=_SETTLED_SECONDS,
                outcome="be handled",
                object=f"{load.published} readings",
            )
        finally:
            for consumer in consumers:
                consumer.end(signal.SIGTERM)
        assert Counter(_stored(database, database_url)) == Counter(load.alerts)
        assert Counter(webhook.alerts) == Counter(load.alerts)
        _judge_dead_letters(broker.url, load)
        record_property("readings", load.published)
        record_property("alerts", len(load.alerts))
        record_property("requests", webhook.requests.total())


def test_what_prj_01_publishes_raises_alerts(database: Database, broker: Server, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": database.create(), "BROKER_URL": broker.url, "DRAIN_SECONDS": "60"}
    with ExitStack() as stack:

        def begin(application: str, module: str, **environment: str) -> Process:
            process = Process(application, module, {**settings, **environment}, tmp_path / f"{module}.log")
            process.run(f"{application}.migrate")
            process.start()
            stack.callback(process.end, signal.SIGTERM)
            return process

        feed = begin("prj_01", "prj_01.feed", FEED_HISTORY="20", FEED_RATE="1")
        begin("prj_04", "prj_04", ALERT_RULES="any: * > -1000000000")
        begin("prj_01", "prj_01", FEED_URL=f"http://127.0.0.1:{feed.port()}/readings")

        def has_all() -> bool:
            return database.query(_HAS_ALL, settings["DATABASE_URL"]) == "t"

        wait.until(has_all, seconds=_SETTLED_SECONDS, outcome="be handled", object="what prj_01 published")


def _strike(number: int, chance: random.Random, consumers: list[Consumer], services: dict[str, Server]) -> None:
    """Kill one of all that there is, at a random moment, and start it again or another in its place."""
    consumer = chance.choice(consumers)
    assert not consumer.dies_within(chance.random() * _MOMENT_SECONDS), consumer.log.read_text()[-2000:]
    victim = chance.choices(("consumer", *_SERVICES), (4, 1, 1))[0]
    if victim in services:
        services[victim].end(signal.SIGKILL)
        services[victim].start()
        return
    consumer.end(chance.choices((signal.SIGKILL, signal.SIGTERM), (2, 1))[0])
    consumer.start_as(chance.choice(("", f"pod-{number + 2}")))


def _is_settled(url: str, database: Database, database_url: str) -> bool:
    """Whether every message is handled and every alert posted."""
    with Redis.from_url(url) as broker:
        try:
            groups: Any = broker.xinfo_groups(STREAM)
        except RedisError:
            return False
    is_read = [(group["lag"], group["pending"]) for group in groups] == [(0, 0)]
    return is_read and database.query("SELECT count(*) FROM alerts.outbox", database_url) == "0"


def _stored(database: Database, database_url: str) -> list[tuple[str, str, datetime]]:
    rows = database.query("SELECT rule, sensor, to_json(at) #>> '{}' FROM alerts.alert", database_url)
    return [
        (rule, sensor, datetime.fromisoformat(at)) for rule, sensor, at in (row.split("|") for row in rows.splitlines())
    ]


def _judge_dead_letters(url: str, load: Load) -> None:
    """Each message that nobody can handle is a dead letter, once, with the reason; and no other is."""
    with Redis.from_url(url, decode_responses=True) as broker:
        entries: Any = broker.xrange(DEAD_LETTERS)
    letters = [fields for _, fields in entries]
    assert {letter["sequence"] for letter in letters} == load.poison
    reasons = {letter["dead-letter-reason"] for letter in letters}
    # The second where whoever had it in hand the last time was killed.
    assert reasons <= {"value: 'warm' is no finite number", "was delivered 5 times and never acknowledged"}
    identifiers = Counter(letter["dead-letter-id"] for letter in letters)
    assert set(identifiers.values()) <= {1}
