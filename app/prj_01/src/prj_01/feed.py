"""The feed: `python -m prj_01.feed` serves readings that follow from the clock, so that a restart changes nothing."""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry, Counter

from prj_01.log import configure, logger
from prj_01.reading import Reading
from prj_01.settings import Environment, SettingsError, read_server
from prj_01.web import Answer, ListenError, WebServer, standard_routes

__all__ = ["SENSORS", "Feed", "main"]

SENSORS = ("boiler", "cellar", "roof")

_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
_MOST = 1000
_WAVE, _SPIKE = 600, 97  # readings to a wave, and from spike to spike


@dataclass(frozen=True)
class Feed:
    """The readings of all sensors, one after the other, numbered from the beginning of 2026.

    Attributes:
        rate: Readings a second, of all sensors together. With another rate they have other numbers.
        history: How many of the newest it still has.
    """

    rate: float
    history: int

    def reading(self, sequence: int) -> Reading:
        """The reading of a number: a slow wave, and now and then a spike."""
        number = sequence % len(SENSORS)
        value = 20 + 2 * number + 5 * math.sin(2 * math.pi * sequence / _WAVE) + (60 if sequence % _SPIKE == 0 else 0)
        at = _BEGINNING + timedelta(microseconds=round(sequence * 1e6 / self.rate))
        return Reading(sequence, SENSORS[number], at, round(value, 2))

    def newest(self, now: datetime) -> int:
        """The number of the newest reading at a time."""
        return max(0, int((now - _BEGINNING).total_seconds() * self.rate))

    def after(self, sequence: int, limit: int, now: datetime) -> list[Reading]:
        """The readings after a number, the oldest first, as far as it still has them."""
        newest = self.newest(now)
        first = max(sequence + 1, newest - self.history + 1, 1)
        return [self.reading(number) for number in range(first, min(newest, first + limit - 1) + 1)]


def main() -> int:
    """Serve as the environment says."""
    environment = Environment(os.environ)
    settings = read_server(environment)
    feed = Feed(
        environment.number("FEED_RATE", 6.0, 0.01, 1000),
        environment.number("FEED_HISTORY", 3600, 1, 10**9),
    )
    try:
        environment.check()
        configure(settings.level, settings.version)
        server = _server(feed, settings.host, settings.port, settings.version)
    except (SettingsError, ListenError) as error:
        print(f"prj-01: {error}", file=sys.stderr)
        return 1
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    server.start()
    ended.wait()
    server.shutdown()
    logger.info("ended")
    return 0


def _server(feed: Feed, host: str, port: int, version: str) -> WebServer:
    registry = CollectorRegistry()
    given = Counter("prj_01_feed_given_total", "Readings that were given, again and again included.", registry=registry)

    def readings(query: Mapping[str, str]) -> Answer:
        after, limit = _number(query, "after", 0), min(_number(query, "limit", _MOST), _MOST)
        given_now = feed.after(after, limit, datetime.now(UTC))
        given.inc(len(given_now))
        return Answer([reading.as_json() for reading in given_now])

    return WebServer(host, port, version, {**standard_routes(version, registry, str), "/readings": readings})


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise ValueError(f"{name} must be a whole number")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
