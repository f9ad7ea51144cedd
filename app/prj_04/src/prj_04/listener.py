"""The listener: takes messages from the stream, one at a time, and acknowledges each after its effect is durable."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import TypeVar

from redis.exceptions import RedisError

from prj_04 import alerts
from prj_04.backoff import Backoff
from prj_04.database import Database, DatabaseOutageError, ValueRefusedError
from prj_04.log import LOG, fields
from prj_04.metrics import Metrics
from prj_04.readings import UnfitMessageError, parse_reading
from prj_04.rules import Alert, raise_alerts
from prj_04.settings import Settings
from prj_04.stream import Message, Stream

__all__ = ["Listener"]

T = TypeVar("T")

_BLOCK_SECONDS = 0.5  # how long the end of the process waits for a stream that is empty


class _StoppingError(Exception):
    """The process ends and the message in hand cannot be handled; it stays pending."""


class Listener:
    """At-least-once delivery with an effect that happens once.

    Args:
        settings: Rules, and when a message is taken over or given up.
        stream: Where messages come from.
        database: Where alerts are stored.
        stopping: Set when the process ends.
        on_stored: Called after alerts were stored that were not there before.
        metrics: Counts what happens.
    """

    def __init__(
        self,
        settings: Settings,
        stream: Stream,
        database: Database,
        stopping: Event,
        on_stored: Callable[[], None],
        metrics: Metrics,
    ) -> None:
        self._settings = settings
        self._stream = stream
        self._database = database
        self._stopping = stopping
        self._on_stored = on_stored
        self._metrics = metrics

    def run(self) -> None:
        """Handle messages until the process ends; a broker that is lost is waited for."""
        backoff = Backoff()
        while not self._stopping.is_set():
            try:
                self._open()
                for message in self._messages():
                    backoff.reset()
                    self._handle(message)
                self._stream.leave()
            except _StoppingError:
                break
            except RedisError as error:
                LOG.warning("broker lost", extra=fields(reason=str(error)))
                self._stopping.wait(backoff.next_seconds())
        self._database.close()

    def _open(self) -> None:
        trimmed = self._stream.open()
        if trimmed:
            self._metrics.messages.labels("trimmed").inc(trimmed)
            LOG.error("messages lost: trimmed from the stream before they were taken", extra=fields(count=trimmed))

    def _messages(self) -> Iterator[Message]:
        """What this consumer had in hand before; then what is new and, now and then, what others abandoned."""
        yield from self._one_by_one(self._stream.own())
        last_sweep = float("-inf")
        while not self._stopping.is_set():
            if time.monotonic() - last_sweep > self._settings.claim_seconds / 4:
                yield from self._one_by_one(self._stream.abandoned(self._settings.claim_seconds))
                last_sweep = time.monotonic()
            yield from self._one_by_one(self._stream.new(_BLOCK_SECONDS))

    def _one_by_one(self, messages: Iterator[Message]) -> Iterator[Message]:
        """Take each message only when it can be handled: else it would count as delivered in vain."""
        while not self._stopping.is_set():
            self._patiently(self._database.ping)
            message = next(messages, None)
            if message is None:
                return
            yield message

    def _handle(self, message: Message) -> None:
        """Raise the alerts of a message and acknowledge it, or leave it pending, or bury it."""
        if not message.fields:
            self._give_up(message)
            return
        if message.deliveries > self._settings.max_deliveries:
            # Whoever had it in hand died each time, perhaps of it.
            self._bury(message, f"was delivered {message.deliveries - 1} times and never acknowledged")
            return
        try:
            self._store(list(raise_alerts(self._settings.rules, parse_reading(message.fields))))
        except (UnfitMessageError, ValueRefusedError) as error:
            self._fail(message, str(error))
            return
        self._stream.acknowledge(message)
        self._metrics.messages.labels("handled").inc()

    def _store(self, alerts_of_message: Sequence[Alert]) -> None:
        """Store alerts; a database that is lost is waited for, with the message in hand."""
        is_posted = bool(self._settings.webhook_url)
        stored = self._patiently(lambda: alerts.store(self._database, alerts_of_message, is_posted=is_posted))
        for alert in stored:
            self._metrics.alerts.labels(alert.rule.name).inc()
            LOG.info("alert raised", extra=fields(rule=alert.rule.name, sensor=alert.reading.sensor, key=alert.key))
        if stored:
            self._on_stored()

    def _fail(self, message: Message, reason: str) -> None:
        """Leave a message pending, to be tried again later; the last time it becomes a dead letter."""
        if message.deliveries >= self._settings.max_deliveries:
            self._bury(message, reason)
            return
        self._metrics.messages.labels("failed").inc()
        LOG.warning("message failed", extra=fields(id=message.id, reason=reason, deliveries=message.deliveries))

    def _bury(self, message: Message, reason: str) -> None:
        self._stream.bury(message, reason)
        self._metrics.messages.labels("buried").inc()
        LOG.error("message buried", extra=fields(id=message.id, reason=reason, deliveries=message.deliveries))

    def _give_up(self, message: Message) -> None:
        self._stream.acknowledge(message)
        self._metrics.messages.labels("trimmed").inc()
        LOG.error("message lost: trimmed from the stream before it was handled", extra=fields(id=message.id))

    def _patiently(self, action: Callable[[], T]) -> T:
        """Do what needs the database, as often as it takes."""
        backoff = Backoff()
        while True:
            try:
                return action()
            except DatabaseOutageError as error:
                LOG.warning("database lost", extra=fields(reason=str(error)))
                if self._stopping.wait(backoff.next_seconds()):
                    raise _StoppingError from error
