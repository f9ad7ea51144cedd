"""The monitor: looks at broker and database now and then, for readiness and for Prometheus."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from threading import Event
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from prj_04.database import Database, DatabaseOutageError, ValueRefusedError
from prj_04.log import LOG, fields
from prj_04.metrics import Metrics
from prj_04.stream import DEAD_LETTERS, GROUP, STREAM

__all__ = ["Monitor"]

_LOOK_SECONDS = 1.0
_STALE_SECONDS = 15.0
_OUTBOX = """
SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM alerts.outbox
"""


class Monitor:
    """Keeps the gauges up to date, and knows why the process is not ready.

    Args:
        redis: The broker, by a connection of its own.
        database: The database, by a connection of its own.
        stopping: Set when the process ends.
        metrics: Whose gauges it sets.
    """

    def __init__(self, redis: Redis, database: Database, stopping: Event, metrics: Metrics) -> None:
        self._redis: Any = redis
        self._database = database
        self._stopping = stopping
        self._metrics = metrics
        self._outages: Mapping[str, str] = {"broker": "not looked at yet", "database": "not looked at yet"}
        self._looked_at = time.monotonic()

    def run(self) -> None:
        """Look again and again until the process ends."""
        while not self._stopping.is_set():
            outages = {"broker": self._look_at_broker(), "database": self._look_at_database()}
            for name, reason in outages.items():
                if reason != self._outages[name]:
                    LOG.info(f"{name} is {'not ' if reason else ''}ready", extra=fields(reason=reason))
            self._outages, self._looked_at = outages, time.monotonic()
            self._stopping.wait(_LOOK_SECONDS)
        self._database.close()

    @property
    def problem(self) -> str:
        """Why the process is not ready; empty if it is."""
        if self._stopping.is_set():
            return "draining"
        age = time.monotonic() - self._looked_at
        if age > _STALE_SECONDS:
            return f"broker or database have not answered for {age:.0f} s"
        return "; ".join(f"{name}: {reason}" for name, reason in self._outages.items() if reason)

    def _look_at_broker(self) -> str:
        try:
            groups = {group["name"]: group for group in self._redis.xinfo_groups(STREAM)}
            dead_letters = self._redis.xlen(DEAD_LETTERS)
            group = groups[GROUP.encode()]
        except RedisError as error:
            return self._broker_out(str(error))
        except KeyError:
            return self._broker_out("the consumer group is not made yet")
        self._metrics.broker_up.set(1)
        # Redis may not know a group's lag, after it was restarted or messages were deleted from the stream's middle.
        self._metrics.lag.set(math.nan if group["lag"] is None else group["lag"])
        self._metrics.pending.set(group["pending"])
        self._metrics.dead_letters.set(dead_letters)
        return ""

    def _broker_out(self, reason: str) -> str:
        self._metrics.broker_up.set(0)
        for gauge in (self._metrics.lag, self._metrics.pending, self._metrics.dead_letters):
            gauge.set(math.nan)
        return reason

    def _look_at_database(self) -> str:
        try:
            self._database.ping()
            with self._database.transaction() as connection:
                count, age = connection.execute(_OUTBOX).fetchone() or (0, 0.0)
        except (DatabaseOutageError, ValueRefusedError) as error:
            self._metrics.database_up.set(0)
            self._metrics.outbox.set(math.nan)
            self._metrics.outbox_age.set(math.nan)
            return str(error)
        self._metrics.database_up.set(1)
        self._metrics.outbox.set(count)
        self._metrics.outbox_age.set(age)
        return ""
