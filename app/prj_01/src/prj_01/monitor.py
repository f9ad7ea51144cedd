"""The monitoring worker: looks at database and buffer, for readiness and for the metrics."""

from __future__ import annotations

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
    """Asks the database at each run; in between it knows how that went.

    Args:
        database: What readiness depends on.
        buffer: What waits for it.
        metrics: Shows what was seen.
        seconds: How often it runs.
    """

    def __init__(self, database: Database, buffer: Buffer, metrics: Metrics, seconds: float) -> None:
        self._database = database
        self._metrics = metrics
        # A run that hangs tells nothing: what was seen is believed for some runs.
        self._believed_seconds = 5 * max(seconds, 1.0)
        self._reached = time.monotonic()
        self._problem = "the database was not reached yet"
        metrics.buffered.set_function(lambda: len(buffer))
        metrics.capacity.set(buffer.capacity)
        metrics.lag.set(float("nan"))

    @property
    def problem(self) -> str:
        """Why readings are not stored now; empty where they are."""
        age = time.monotonic() - self._reached
        if not self._problem and age > self._believed_seconds:
            return f"the database has not answered for {age:.0f} s"
        return self._problem

    def run(self) -> None:
        """Look once."""
        try:
            progress = store.progress(self._database)
            self._metrics.outbox.set(store.outbox_length(self._database))
        except psycopg.errors.UndefinedTable:
            self._tell("the database has no tables: python -m prj_01.migrate")
        except psycopg.Error as error:
            self._tell(f"database: {reason(error)}")
        else:
            self._reached = time.monotonic()
            self._tell("")
            if progress.at is not None:
                self._metrics.lag.set((datetime.now(UTC) - progress.at).total_seconds())

    def _tell(self, problem: str) -> None:
        if problem and not self._problem:
            logger.warning("not ready", extra={"reason": problem})
        elif self._problem and not problem:
            logger.info("ready")
        self._problem = problem
        self._metrics.database_up.set(0 if problem else 1)
