"""The monitoring worker: looks at database and buffer, for readiness and for the metrics."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import psycopg

from prj_01 import store
from prj_01.buffer import Buffer
from prj_01.database import Database
from prj_01.log import logger, reason
from prj_01.metrics import Metrics

__all__ = ["Monitor"]


class Monitor:
    """Asks the database again and again; in between it knows how that went.

    Not by the scheduler, whose clock may be set back: readiness would wait for it.

    Args:
        database: What readiness depends on.
        buffer: What waits for it.
        metrics: Shows what was seen.
        stopping: Ends the work.
        seconds: How often it asks.
    """

    def __init__(
        self, database: Database, buffer: Buffer, metrics: Metrics, stopping: threading.Event, seconds: float
    ) -> None:
        self._database = database
        self._metrics = metrics
        self._stopping = stopping
        self._seconds = seconds
        # A look that hangs tells nothing: the last answer is believed for some looks.
        self._believed_seconds = 5 * max(seconds, 1.0)
        self._reached = time.monotonic()
        self._problem = "the database was not reached yet"
        metrics.buffered.set_function(lambda: len(buffer))
        metrics.capacity.set(buffer.capacity)
        metrics.lag.set(float("nan"))
        metrics.database_up.set_function(lambda: 0 if self.problem else 1)

    @property
    def problem(self) -> str:
        """Why readings are not stored now; empty where they are."""
        age = time.monotonic() - self._reached
        if not self._problem and age > self._believed_seconds:
            return f"the database has not answered for {age:.0f} s"
        return self._problem

    def run(self) -> None:
        """Look until it is to stop."""
        while not self._stopping.is_set():
            self.look()
            self._stopping.wait(self._seconds)
        self._database.close()

    def look(self) -> None:
        """Look once."""
        try:
            self._measure()
            problem = "" if store.is_writable(self._database) else "the tables cannot be written to"
        except psycopg.errors.UndefinedTable:
            self._tell("the database has no tables: python -m prj_01.migrate")
        except psycopg.Error as error:
            self._tell(f"database: {reason(error)}")
        else:
            self._reached = time.monotonic()
            self._tell(problem)

    def _measure(self) -> None:
        progress = store.progress(self._database)
        self._metrics.outbox.set(store.outbox_length(self._database))
        if progress.at is not None:
            self._metrics.lag.set((datetime.now(UTC) - progress.at).total_seconds())

    def _tell(self, problem: str) -> None:
        if problem and not self._problem:
            logger.warning("not ready", extra={"reason": problem})
        elif self._problem and not problem:
            logger.info("ready")
        self._problem = problem
