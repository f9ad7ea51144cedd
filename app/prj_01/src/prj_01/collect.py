"""The worker that never stops: reads the feed into the buffer, and stores the buffer in the database."""

from __future__ import annotations

import threading
import time

import psycopg

from prj_01 import store
from prj_01.backoff import Backoff
from prj_01.buffer import Buffer
from prj_01.database import Database
from prj_01.log import logger, reason
from prj_01.metrics import Metrics
from prj_01.source import FeedError, Source

__all__ = ["Reader", "Writer"]

_TURN_SECONDS = 0.5  # how long one waits for the other before it looks whether it is to stop


class Reader:
    """Asks the feed for what comes after the newest reading in the buffer, as long as that has room.

    Args:
        source: The feed.
        buffer: Takes what is read.
        metrics: Counts it.
        stopping: Ends the work.
        poll_seconds: How long to wait where the feed has nothing new.
        batch_size: How many readings are asked for at once.
    """

    def __init__(
        self,
        source: Source,
        buffer: Buffer,
        metrics: Metrics,
        stopping: threading.Event,
        *,
        poll_seconds: float,
        batch_size: int,
    ) -> None:
        self._source = source
        self._buffer = buffer
        self._metrics = metrics
        self._stopping = stopping
        self._poll_seconds = poll_seconds
        self._batch_size = batch_size
        self._backoff = Backoff()

    def run(self) -> None:
        """Read until it is to stop."""
        while not self._stopping.is_set():
            after, room = self._buffer.wait_for_room(_TURN_SECONDS)
            if room:
                self._stopping.wait(self._read(after, min(room, self._batch_size)))

    def _read(self, after: int, limit: int) -> float:
        """Read once, and return for how many seconds to leave the feed alone."""
        try:
            readings = self._source.readings_after(after, limit)
        except FeedError as error:
            self._metrics.failures.labels("read").inc()
            logger.warning("feed failed", extra={"reason": reason(error)})
            return self._backoff.fail()
        if self._backoff.succeed():
            logger.info("feed answers again")
        if readings:
            self._count(after, readings[0].sequence, len(readings))
            self._buffer.add(after, readings)
        return 0 if len(readings) == limit else self._poll_seconds

    def _count(self, after: int, first: int, count: int) -> None:
        self._metrics.read.inc(count)
        if after and first > after + 1:
            self._metrics.missed.inc(first - after - 1)
            logger.error("the feed no longer has what was not yet read", extra={"after": after, "next": first})


class Writer:
    """Stores the buffer's oldest readings, again and again until the database has taken them.

    Args:
        database: Where to.
        buffer: Holds the readings until they are stored.
        metrics: Counts them.
        has_read_all: Ends the work, once the buffer is empty: nothing is added to it any more.
        stored: Set whenever there is something new to publish.
        batch_size: How many readings are stored at once.
        publish: Whether they are to be published.
    """

    def __init__(
        self,
        database: Database,
        buffer: Buffer,
        metrics: Metrics,
        has_read_all: threading.Event,
        stored: threading.Event,
        *,
        batch_size: int,
        publish: bool,
    ) -> None:
        self._database = database
        self._buffer = buffer
        self._metrics = metrics
        self._has_read_all = has_read_all
        self._stored = stored
        self._batch_size = batch_size
        self._publish = publish
        self._backoff = Backoff()

    def run(self) -> None:
        """Store until it is to stop and everything is stored."""
        while not (self._has_read_all.is_set() and not len(self._buffer)):
            try:
                self._write()
            except psycopg.Error as error:
                self._metrics.failures.labels("write").inc()
                logger.warning("database failed", extra={"reason": reason(error), "buffered": len(self._buffer)})
                self._pause(self._backoff.fail())
            else:
                if self._backoff.succeed():
                    logger.info("database answers again", extra={"buffered": len(self._buffer)})
        self._database.close()

    def _pause(self, seconds: float) -> None:
        if self._has_read_all.is_set():  # what is in the buffer is stored in the time that is left, or not at all
            time.sleep(min(seconds, _TURN_SECONDS))
        else:
            self._has_read_all.wait(seconds)

    def _write(self) -> None:
        if self._buffer.end is None:
            self._buffer.begin(store.progress(self._database).sequence)
        after, readings = self._buffer.wait_for_batch(self._batch_size, _TURN_SECONDS)
        if not readings:
            return
        try:
            count = store.store(self._database, after, readings, publish=self._publish)
        except store.Rewound as rewound:
            logger.error("the database has lost what it had", extra={"had": after, "has": rewound.sequence})
            self._buffer.begin(rewound.sequence)
            return
        self._buffer.remove(readings)
        self._metrics.stored.inc(count)
        self._stored.set()
