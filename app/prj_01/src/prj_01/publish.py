"""The worker that publishes what is stored, at least once: it leaves the outbox after the broker took it."""

from __future__ import annotations

import threading

import psycopg
import redis

from prj_01.backoff import Backoff
from prj_01.database import Database
from prj_01.log import logger, reason
from prj_01.metrics import Metrics

__all__ = ["STREAM", "Publisher"]

STREAM = "readings"
"""The stream's name. An entry has the fields ``sensor``, ``at`` (ISO 8601) and ``value``."""

_LENGTH = 100_000  # about how many entries the stream keeps: a broker's memory is bounded, too
_BATCH = 500
_SECONDS = 5.0
_OLDEST = "SELECT id, sensor, at, value FROM readings.outbox ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED"


class Publisher:
    """Moves readings from the outbox to the stream.

    Args:
        database: Has the outbox.
        broker_url: The broker.
        metrics: Counts what the broker took.
        stopping: Ends the work; what is in the outbox then is published by the next process.
        stored: Set whenever there is something new.
    """

    def __init__(
        self, database: Database, broker_url: str, metrics: Metrics, stopping: threading.Event, stored: threading.Event
    ) -> None:
        self._database = database
        self._broker = redis.Redis.from_url(broker_url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
        self._metrics = metrics
        self._stopping = stopping
        self._stored = stored
        self._backoff = Backoff()

    def run(self) -> None:
        """Publish until it is to stop."""
        while not self._stopping.is_set():
            self._stored.clear()
            try:
                count = self._publish()
            except (psycopg.Error, redis.RedisError, OSError) as error:
                self._metrics.failures.labels("publish").inc()
                logger.warning("publishing failed", extra={"reason": reason(error)})
                self._stopping.wait(self._backoff.fail())
                continue
            if self._backoff.succeed():
                logger.info("publishing goes on")
            if count < _BATCH:
                self._stored.wait(1.0)
        self._database.close()
        self._broker.close()

    def _publish(self) -> int:
        with self._database.transaction() as connection:
            entries = connection.execute(_OLDEST, [_BATCH]).fetchall()
            if entries:
                self._add(entries)
                connection.execute("DELETE FROM readings.outbox WHERE id = ANY(%s)", [[entry[0] for entry in entries]])
        self._metrics.published.inc(len(entries))
        return len(entries)

    def _add(self, entries: list[tuple]) -> None:
        pipeline = self._broker.pipeline(transaction=False)
        for _id, sensor, at, value in entries:
            fields = {"sensor": sensor, "at": at.isoformat(), "value": repr(value)}
            pipeline.xadd(STREAM, fields, maxlen=_LENGTH, approximate=True)
        pipeline.execute()
