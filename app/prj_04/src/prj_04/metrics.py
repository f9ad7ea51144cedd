"""What Prometheus can ask: counters of what happened, and gauges that the monitor keeps up to date."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Info, disable_created_metrics
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

__all__ = ["Metrics"]

disable_created_metrics()  # a second series for each counter, which nobody here asks for


class Metrics:
    """The metrics of one process.

    Args:
        version: The image's.
        rules: The names of the rules, so that a rule that is never broken shows as zero.
    """

    def __init__(self, version: str, rules: tuple[str, ...]) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        Info("prj_04_build", "The image.", registry=registry).info({"version": version})
        self.messages = Counter(
            "prj_04_messages", "Messages by what became of a delivery.", ["outcome"], registry=registry
        )
        self.alerts = Counter(
            "prj_04_alerts_raised", "Alerts stored that were not there before.", ["rule"], registry=registry
        )
        self.posts = Counter("prj_04_posts", "Requests to the webhook by outcome.", ["outcome"], registry=registry)
        self.broker_up = Gauge("prj_04_broker_up", "Whether the broker answers.", registry=registry)
        self.database_up = Gauge("prj_04_database_up", "Whether the database answers.", registry=registry)
        self.lag = Gauge("prj_04_stream_lag", "Messages that no consumer has taken yet.", registry=registry)
        self.pending = Gauge("prj_04_stream_pending", "Messages taken and not acknowledged.", registry=registry)
        self.dead_letters = Gauge("prj_04_dead_letters", "Messages that could not be handled.", registry=registry)
        self.outbox = Gauge("prj_04_outbox", "Alerts that wait to be posted.", registry=registry)
        self.outbox_age = Gauge("prj_04_outbox_oldest_seconds", "Age of the oldest of them.", registry=registry)
        for outcome in ("handled", "failed", "buried", "trimmed"):
            self.messages.labels(outcome)
        for outcome in ("accepted", "refused"):
            self.posts.labels(outcome)
        for rule in rules:
            self.alerts.labels(rule)
