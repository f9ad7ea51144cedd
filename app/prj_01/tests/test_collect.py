from __future__ import annotations

import threading

import pytest

from prj_01.buffer import Buffer
from prj_01.collect import Reader
from prj_01.metrics import Metrics
from prj_01.source import FeedError
from samples import readings


class Feed:
    """A feed that has some readings more than it had, and one that fails now and then."""

    def __init__(self, newest: int, oldest: int = 1) -> None:
        self.newest = newest
        self.oldest = oldest
        self.asked: list[tuple[int, int]] = []
        self.answered = threading.Event()

    def readings_after(self, sequence: int, limit: int):
        self.asked.append((sequence, limit))
        if len(self.asked) == 1:
            raise FeedError("not yet")
        first = max(sequence + 1, self.oldest)
        entries = readings(*range(first, min(self.newest, first + limit - 1) + 1))
        if not entries:
            self.answered.set()
        return entries


@pytest.fixture
def stopping():
    event = threading.Event()
    yield event
    event.set()


def _start(feed, buffer, stopping, batch_size=2) -> tuple[Metrics, threading.Thread]:
    metrics = Metrics("v9.9.9")
    reader = Reader(feed, buffer, metrics, stopping, poll_seconds=0.01, batch_size=batch_size)
    thread = threading.Thread(target=reader.run)
    thread.start()
    return metrics, thread


def test_a_full_buffer_stops_the_reading_and_nothing_is_left_out(stopping):
    feed, buffer = Feed(newest=7), Buffer(5)
    buffer.begin(0)
    _metrics, thread = _start(feed, buffer, stopping)
    taken = []
    while len(taken) < 7:
        _after, batch = buffer.wait_for_batch(3, 10)
        taken += batch
        buffer.remove(batch)
    feed.answered.wait(60)
    stopping.set()
    thread.join(10)
    assert taken == readings(*range(1, 8))
    assert all(limit <= 2 for _after, limit in feed.asked)


def test_without_room_the_feed_is_left_alone(stopping):
    feed, buffer = Feed(newest=100), Buffer(3)
    buffer.begin(0)
    _metrics, thread = _start(feed, buffer, stopping)
    while len(buffer) < 3:
        buffer.wait_for_batch(3, 10)
    asked = len(feed.asked)
    thread.join(0.7)  # more than one turn
    assert len(feed.asked) == asked
    assert buffer.end == 3


def test_what_the_feed_no_longer_has_is_counted(stopping):
    feed, buffer = Feed(newest=20, oldest=15), Buffer(100)
    buffer.begin(10)
    metrics, thread = _start(feed, buffer, stopping, batch_size=100)
    feed.answered.wait(60)
    stopping.set()
    thread.join(10)
    assert metrics.registry.get_sample_value("prj_01_missed_total") == 4
    assert metrics.registry.get_sample_value("prj_01_failures_total", {"worker": "read"}) == 1
