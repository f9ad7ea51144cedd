from __future__ import annotations

import threading

import pytest
import redis

from prj_01 import store
from prj_01.database import Database
from prj_01.metrics import Metrics
from prj_01.publish import STREAM, Publisher
from samples import reading, readings


@pytest.fixture
def publisher(database_url, broker_url):
    publisher = Publisher(Database(database_url), broker_url, Metrics("v9.9.9"), threading.Event(), threading.Event())
    yield publisher
    publisher._database.close()
    publisher._broker.close()


def _stream(broker_url: str) -> list[dict]:
    with redis.Redis.from_url(broker_url, decode_responses=True) as client:
        return [fields for _id, fields in client.xrange(STREAM)]


def test_what_is_stored_is_published_in_its_order(publisher, database, broker_url):
    store.store(database, 0, readings(1, 2), publish=True)
    assert publisher._publish() == 2
    assert publisher._publish() == 0
    assert _stream(broker_url) == [
        {"sensor": "roof", "at": reading(number).at.isoformat(), "value": "1.5"} for number in (1, 2)
    ]


def test_what_the_broker_took_before_a_crash_is_published_again(publisher, database, broker_url, monkeypatch):
    store.store(database, 0, readings(1), publish=True)
    add = publisher._add

    def crash(entries):
        add(entries)
        raise redis.ConnectionError("gone")

    monkeypatch.setattr(publisher, "_add", crash)
    with pytest.raises(redis.ConnectionError):
        publisher._publish()
    assert store.outbox_length(database) == 1
    monkeypatch.undo()
    assert publisher._publish() == 1
    assert len(_stream(broker_url)) == 2
