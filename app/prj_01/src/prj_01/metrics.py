"""What is measured: the numbers that `/metrics` shows, by the names that it shows them under."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

__all__ = ["Metrics"]

disable_created_metrics()  # a second series for each counter, which nobody here asks for


class Metrics:
    """The collector's metrics.

    Args:
        version: That of the image.
    """

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        Info("prj_01_build", "Which release this is.", registry=self.registry).info({"version": version})
        self.read = self._counter("read", "Readings that the feed gave.")
        self.stored = self._counter("stored", "Readings that were new to the database.")
        self.missed = self._counter("missed", "Sequences that the feed no longer had when they were asked for.")
        self.published = self._counter("published", "Readings that the broker took, some of them more than once.")
        self.aggregated = self._counter("aggregated", "Minutes that were aggregated.")
        self.failures = Counter(
            "prj_01_failures_total", "Attempts that failed and are repeated.", ["worker"], registry=self.registry
        )
        self.lag = self._gauge("lag_seconds", "Age of the newest reading stored; NaN before the first.")
        self.buffered = self._gauge("buffered", "Readings that wait for the database.")
        self.capacity = self._gauge("buffer_capacity", "How many the buffer holds before the feed is no longer asked.")
        self.outbox = self._gauge("outbox", "Readings that wait for the broker, about.")
        self.database_up = self._gauge("database_up", "Whether the database takes readings.")

    def _counter(self, name: str, meaning: str) -> Counter:
        return Counter(f"prj_01_{name}_total", meaning, registry=self.registry)

    def _gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(f"prj_01_{name}", meaning, registry=self.registry)
