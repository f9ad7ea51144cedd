"""prj_04 under load while what it consists of is killed at random moments: its readings, its webhook, its processes.

    LAB_KILLS=50 .venv/bin/pytest tests/unit/app/test_alerts.py -k killed

`LAB_KILLS` says how many are killed (a few by default), `LAB_KILLS_SEED` which and when; pytest prints both at its
start.
"""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from redis import Redis
from redis.exceptions import RedisError

from lab_helpers import wait
from tests.python_applications import Process

__all__ = ["DEAD_LETTERS", "GROUP", "STREAM", "Consumer", "Load", "Webhook"]

STREAM, GROUP, DEAD_LETTERS = "readings", "prj-04", "readings.prj-04.dead-letters"

_LIMITS = {"hot": 10, "very-hot": 90}
_FIRST = datetime(2026, 1, 1, tzinfo=UTC)
_BACKLOG = 100  # so many messages always wait, so that whoever is killed has one in hand
_PATIENCE_SECONDS = 120.0

Alert = tuple[str, str, datetime]


class Load(threading.Thread):
    """Publishes readings as fast as they are handled until it is told to end, each at least once, as prj_01 does.

    Attributes:
        alerts: What the readings demand: rule, sensor and time.
        poison: The sequence numbers of those that nobody can handle.
        published: How many readings there were.
    """

    def __init__(self, url: str, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.alerts: set[Alert] = set()
        self.poison: set[str] = set()
        self.published = 0
        self._url = url
        self._chance = chance
        self._ending = threading.Event()

    def run(self) -> None:
        with Redis.from_url(self._url) as broker:
            while not self._ending.is_set():
                if self.published % _BACKLOG == 0:
                    self._await_consumers(broker)
                self.published += 1
                reading = self._reading(self.published)
                for _ in range(self._chance.choice((1, 1, 1, 2))):
                    _publish(broker, reading)

    def end(self) -> None:
        """Publish no more, and wait until all that was begun is published."""
        self._ending.set()
        self.join(_PATIENCE_SECONDS)
        assert not self.is_alive()

    def _await_consumers(self, broker: Redis) -> None:
        def is_low() -> bool:
            try:
                groups: Any = broker.xinfo_groups(STREAM)
            except RedisError:
                return self.published == 0  # before there is a stream
            # After a restart Redis does not know the lag until there is none.
            is_known = all(group["lag"] is not None for group in groups)
            return self._ending.is_set() or (is_known and all(group["lag"] < _BACKLOG for group in groups))

        wait.until(is_low, seconds=_PATIENCE_SECONDS, outcome="be handled", object=f"{self.published} readings")

    def _reading(self, number: int) -> dict[str, str]:
        sensor, at = f"boiler-{number % 7}", _FIRST + timedelta(seconds=number)
        value = round(self._chance.uniform(0, 100), 3)
        if self._chance.random() < 0.01:
            self.poison.add(str(number))
            return {"sequence": str(number), "sensor": sensor, "at": at.isoformat(), "value": "warm"}
        self.alerts |= {(rule, sensor, at) for rule, limit in _LIMITS.items() if value > limit}
        return {"sequence": str(number), "sensor": sensor, "at": at.isoformat(), "value": str(value)}


class Webhook(ThreadingHTTPServer):
    """A receiver that acts once upon each key, and whose answer does not always arrive.

    Attributes:
        requests: How often each key was posted.
        alerts: What was acted upon.
    """

    def __init__(self, chance: random.Random) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.chance = chance
        self.lock = threading.Lock()
        self.requests: Counter[str] = Counter()
        self.alerts: list[Alert] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Request(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        alert = json.loads(self.rfile.read(int(self.headers["content-length"])))
        key = self.headers["idempotency-key"]
        with self.server.lock:  # of the requests, which have a thread each
            if not self.server.requests[key]:
                self.server.alerts.append((alert["rule"], alert["sensor"], datetime.fromisoformat(alert["at"])))
            self.server.requests[key] += 1
        if self.server.chance.random() > 0.02:  # else nobody hears that it was acted upon
            self.send_response(204)
            self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Consumer(Process):
    """A process of prj_04, and those that come after it.

    Args:
        name: Its consumer's.
        environment: Its settings.
        log: Where it writes.
    """

    def __init__(self, name: str, environment: Mapping[str, str], log: Path) -> None:
        rules = "; ".join(f"{rule}: boiler-* > {limit}" for rule, limit in _LIMITS.items())
        super().__init__("prj_04", "prj_04", {"ALERT_RULES": rules, "CLAIM_SECONDS": "0.5", **environment}, log)
        self._name = name
        self.start_as(name)

    def start_as(self, name: str = "") -> None:
        """Start it, under another name if there is one, as another pod would have."""
        self._name = name or self._name
        self.start(CONSUMER=self._name)


def _publish(broker: Redis, reading: Any) -> None:
    def is_accepted() -> bool:
        try:
            return bool(broker.xadd(STREAM, reading))
        except RedisError:
            return False  # or it was accepted, and nobody heard it

    wait.until(is_accepted, seconds=_PATIENCE_SECONDS, outcome="be published", object=str(reading))
