"""The collector: its three workers, begun together and ended gracefully on SIGTERM."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler

from prj_01.aggregate import Aggregator
from prj_01.buffer import Buffer
from prj_01.collect import Reader, Writer
from prj_01.database import Database
from prj_01.log import configure, logger
from prj_01.metrics import Metrics
from prj_01.monitor import Monitor
from prj_01.publish import Publisher
from prj_01.settings import Settings, read
from prj_01.source import Source
from prj_01.web import WebServer, standard_routes

__all__ = ["Collector", "run"]


class Collector:
    """The workers of one process.

    Args:
        settings: What they do, and with what.

    Raises:
        ListenError: The port cannot be had.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ended, self._stopping = threading.Event(), threading.Event()
        self._has_read_all, self._stored = threading.Event(), threading.Event()
        self._has_failed = False
        version, url = settings.server.version, settings.database_url
        self._metrics = metrics = Metrics(version)
        self._buffer = buffer = Buffer(settings.buffer_size)
        self._monitor = Monitor(Database(url), buffer, metrics, self._stopping, settings.monitor_seconds)
        self._aggregator = Aggregator(Database(url), metrics)
        routes = standard_routes(version, metrics.registry, self._problem)
        self._web = WebServer(settings.server.host, settings.server.port, version, routes)

    def run(self) -> int:
        """Work until a signal or a failure ends it, and return the exit status."""
        self._web.start()
        scheduler = self._schedule()
        reader, writer, _monitor, *publisher = self._start()
        self._ended.wait()
        self._stopping.set()
        self._stored.set()  # nobody waits for what may not come
        scheduler.shutdown(wait=False)
        deadline = time.monotonic() + self._settings.drain_seconds
        for worker in (reader, writer, *publisher):
            worker.join(max(0.0, deadline - time.monotonic()))
            self._has_read_all.set()  # now that the reader has ended
        count = len(self._buffer)
        if count:
            logger.error("gave up: the feed is asked again for what was not stored", extra={"buffered": count})
        else:
            logger.info("drained")
        return 1 if count or self._has_failed else 0

    def end(self, number: int, _frame: FrameType | None) -> None:
        """Begin to end; a second signal ends the process at once."""
        signal.signal(number, signal.SIG_DFL)
        logger.info("draining", extra={"signal": signal.Signals(number).name, "buffered": len(self._buffer)})
        self._ended.set()

    def _start(self) -> list[threading.Thread]:
        settings = self._settings
        reader = Reader(
            Source(settings.feed_url),
            self._buffer,
            self._metrics,
            self._stopping,
            poll_seconds=settings.poll_seconds,
            batch_size=settings.batch_size,
        )
        writer = Writer(
            Database(settings.database_url),
            self._buffer,
            self._metrics,
            self._has_read_all,
            self._stored,
            batch_size=settings.batch_size,
            publish=bool(settings.broker_url),
        )
        work = {"read": reader.run, "write": writer.run, "monitor": self._monitor.run}
        if settings.broker_url:
            database = Database(settings.database_url)
            publisher = Publisher(database, settings.broker_url, self._metrics, self._stopping, self._stored)
            work["publish"] = publisher.run
        threads = [
            threading.Thread(target=self._watch, args=(run,), name=name, daemon=True) for name, run in work.items()
        ]
        for thread in threads:
            thread.start()
        return threads

    def _schedule(self) -> BackgroundScheduler:
        scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})
        seconds = self._settings.aggregate_seconds
        scheduler.add_job(self._watch, "interval", [self._aggregator.run], seconds=seconds)
        scheduler.start()
        return scheduler

    def _watch(self, work: Callable[[], None]) -> None:
        """Do some work; an error that no worker reckons with ends the process, for half of it would look healthy."""
        try:
            work()
        except BaseException:
            self._has_failed = True
            self._ended.set()
            raise

    def _problem(self) -> str:
        return "draining" if self._stopping.is_set() else self._monitor.problem


def run(variables: Mapping[str, str]) -> int:
    """Run the collector as some variables say, and return the exit status.

    Raises:
        SettingsError: They cannot be right.
        ListenError: The port cannot be had.
    """
    settings = read(variables)
    configure(settings.server.level, settings.server.version)
    threading.excepthook = _log_failure
    collector = Collector(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, collector.end)
    return collector.run()


def _log_failure(failure: threading.ExceptHookArgs) -> None:
    error = (failure.exc_type, failure.exc_value, failure.exc_traceback)
    logger.error("a worker failed", exc_info=error)
