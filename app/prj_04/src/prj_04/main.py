"""The process: starts listener, delivery, monitor and HTTP interface, and ends them gracefully on SIGTERM."""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from threading import Event, Thread

from prj_04 import log, settings, stream
from prj_04.database import Database
from prj_04.delivery import Delivery
from prj_04.listener import Listener
from prj_04.log import LOG, fields
from prj_04.metrics import Metrics
from prj_04.monitor import Monitor
from prj_04.settings import Settings, SettingsError
from prj_04.web import Server

__all__ = ["main"]

_BROKER_SECONDS = 5.0


class _Worker(Thread):
    """A part of the process that runs until it is told to stop; one that ends otherwise ends the process."""

    def __init__(self, name: str, run: Callable[[], None], stopping: Event) -> None:
        super().__init__(name=name, daemon=True)
        self.has_failed = False
        self._run = run
        self._stopping = stopping

    def run(self) -> None:
        """Run it, and never leave a process behind in which it is missing."""
        try:
            self._run()
        except Exception:  # noqa: BLE001  # whatever it is, the process must not live on without this part
            self.has_failed = True
            LOG.exception("worker failed", extra=fields(worker=self.name))
        finally:
            self._stopping.set()


def main() -> int:
    """Run until SIGTERM; the exit status."""
    try:
        configuration = settings.read(os.environ)
    except SettingsError as error:
        return _fail(str(error))
    log.configure(configuration.log_level, {"version": configuration.version, "pod": socket.gethostname()})
    stopping = Event()
    metrics = Metrics(configuration.version, tuple(rule.name for rule in configuration.rules))
    monitor = Monitor(
        stream.connect(configuration.broker_url, seconds=_BROKER_SECONDS),
        Database(configuration.database_url, "monitor"),
        stopping,
        metrics,
    )
    host, port = configuration.host, configuration.port
    try:
        server = Server(host, port, configuration.version, lambda: monitor.problem, metrics.registry)
    except OSError as error:
        return _fail(f"PORT: cannot listen on {host or '*'}:{port}: {error.strerror}")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: _stop(signal.Signals(number), stopping))
    LOG.info("listening", extra=fields(port=server.port))
    Thread(target=server.serve_forever, daemon=True).start()
    return _work(configuration, monitor, metrics, stopping)


def _work(configuration: Settings, monitor: Monitor, metrics: Metrics, stopping: Event) -> int:
    """Run the workers until the process is to stop and their work in hand is done; the exit status."""
    delivery = Delivery(configuration.webhook_url, Database(configuration.database_url, "delivery"), stopping, metrics)
    consumer = stream.Stream(stream.connect(configuration.broker_url, seconds=_BROKER_SECONDS), configuration.consumer)
    database = Database(configuration.database_url, "listener")
    listener = Listener(configuration, consumer, database, stopping, delivery.wake, metrics)
    workers = [_Worker("monitor", monitor.run, stopping), _Worker("listener", listener.run, stopping)]
    if configuration.webhook_url:
        workers.append(_Worker("delivery", delivery.run, stopping))
    for worker in workers:
        worker.start()
    stopping.wait()
    delivery.wake()
    return _drain(workers, configuration.drain_seconds)


def _drain(workers: list[_Worker], seconds: float) -> int:
    """Wait for the work in hand; the exit status."""
    LOG.info("draining", extra=fields(drain_seconds=seconds))
    end = time.monotonic() + seconds
    for worker in workers:
        worker.join(max(0.0, end - time.monotonic()))
    remaining = [worker.name for worker in workers if worker.is_alive()]
    if remaining:
        LOG.error("gave up: work was still in hand", extra=fields(workers=remaining))
    else:
        LOG.info("drained")
    return 1 if remaining or any(worker.has_failed for worker in workers) else 0


def _stop(number: signal.Signals, stopping: Event) -> None:
    # A second signal has its default effect and ends the process at once.
    signal.signal(number, signal.SIG_DFL)
    LOG.info("stopping", extra=fields(signal=number.name))
    stopping.set()


def _fail(reason: str) -> int:
    print(f"prj-04: {reason}", file=sys.stderr)
    return 1
