"""The stream of readings in Redis, as one consumer of a group reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry

__all__ = ["DEAD_LETTERS", "GROUP", "STREAM", "Message", "Stream", "connect", "replay"]

STREAM = "readings"
GROUP = "prj-04"
DEAD_LETTERS = "readings.prj-04.dead-letters"

_START = "0-0"
_PREFIX = b"dead-letter-"  # of the fields that say how a message became one; the others are the message's own
# A message is moved whole or not at all, and once, however often it is tried: scripts are atomic, and only what is
# pending is moved. Acknowledged last, for a script that fails halfway is not undone.
_BURY = """
if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[2], ARGV[2], 1) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 3))
return redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
"""
_REPLAY = """
if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then return 0 end
redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
return redis.call('XDEL', KEYS[1], ARGV[1])
"""
# Deleting a consumer deletes what it has pending, so that nothing may come in between.
_LEAVE = """
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
return redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
"""


@dataclass(frozen=True)
class Message:
    """A message in hand: delivered to this consumer and not acknowledged.

    Attributes:
        id: Its place in the stream.
        fields: As they were published; none where it was trimmed from the stream before it was handled.
        deliveries: How often it was delivered, this time included.
    """

    id: str
    fields: Mapping[bytes, bytes]
    deliveries: int


def connect(url: str, *, seconds: float) -> Redis:
    """A client of Redis; it connects when it is used, and never repeats a command by itself.

    Args:
        url: Of Redis.
        seconds: After which a broker that does not answer counts as lost.
    """
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(url, socket_connect_timeout=seconds, socket_timeout=seconds, retry=once, protocol=2)


class Stream:
    """The stream, as one consumer sees it. Every method raises ``RedisError`` where the broker is lost.

    Args:
        redis: The broker.
        consumer: The consumer's name.
    """

    def __init__(self, redis: Redis, consumer: str) -> None:
        self._redis: Any = redis  # its types are those of the synchronous and the asynchronous client at once
        self._consumer = consumer

    def open(self) -> int:
        """Make the group where it is missing; it then begins with the oldest message that is there.

        Returns:
            How many messages were trimmed from the stream before anybody took them.
        """
        try:
            self._redis.xgroup_create(STREAM, GROUP, id=_START, mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
        (lag,) = (group["lag"] for group in self._redis.xinfo_groups(STREAM) if group["name"] == GROUP.encode())
        # Messages that are gone still count as not taken.
        return max(0, (lag or 0) - self._redis.xlen(STREAM))

    def new(self, seconds: float) -> Iterator[Message]:
        """Take the next message that nobody has taken, if one comes in time."""
        message = self._read(">", block=max(1, int(seconds * 1000)))
        if message:
            yield message

    def own(self) -> Iterator[Message]:
        """What this consumer took before and did not acknowledge, in the stream's order."""
        last = _START
        while message := self._read(last):
            yield message
            last = message.id

    def abandoned(self, idle_seconds: float) -> Iterator[Message]:
        """Take over, one by one, what any consumer took that long ago and did not acknowledge."""
        cursor: bytes | str = _START
        while True:
            idle = int(idle_seconds * 1000)
            cursor, entries, trimmed = self._redis.xautoclaim(STREAM, GROUP, self._consumer, idle, cursor, count=1)
            for identifier, fields in entries:
                yield self._message(identifier, fields)
            for identifier in trimmed:
                yield Message(identifier.decode(), {}, 1)
            if cursor in (_START, _START.encode()):
                return

    def acknowledge(self, message: Message) -> None:
        """Say that a message's effect is durable: it is never delivered again."""
        self._redis.xack(STREAM, GROUP, message.id)

    def bury(self, message: Message, reason: str) -> None:
        """Move a message to the dead letters."""
        story = {b"id": message.id, b"reason": reason, b"deliveries": message.deliveries}
        fields = {**{_PREFIX + name: value for name, value in story.items()}, **message.fields}
        entry = [part for field in fields.items() for part in field]
        self._redis.eval(_BURY, 2, STREAM, DEAD_LETTERS, GROUP, message.id, *entry)

    def leave(self) -> None:
        """Take the consumer out of the group, unless it has messages in hand, for which others then look."""
        self._redis.eval(_LEAVE, 1, STREAM, GROUP, self._consumer)

    def _read(self, after: str, block: int | None = None) -> Message | None:
        answer = self._redis.xreadgroup(GROUP, self._consumer, {STREAM: after}, count=1, block=block)
        entries = answer[0][1] if answer else []
        if not entries:
            return None
        identifier, fields = entries[0]
        return Message(identifier.decode(), fields, 1) if after == ">" else self._message(identifier, fields)

    def _message(self, identifier: bytes, fields: Mapping[bytes, bytes] | None) -> Message:
        pending = self._redis.xpending_range(STREAM, GROUP, identifier, identifier, 1)
        return Message(identifier.decode(), fields or {}, pending[0]["times_delivered"] if pending else 1)


def replay(redis: Redis) -> int:
    """Put the dead letters that are there now back into the stream, the oldest first, and return how many.

    Raises:
        RedisError: The broker is lost; what was not put back is still a dead letter.
    """
    broker: Any = redis
    entries = broker.xrange(DEAD_LETTERS)
    for identifier, fields in entries:
        original = [part for name, value in fields.items() if not name.startswith(_PREFIX) for part in (name, value)]
        broker.eval(_REPLAY, 2, DEAD_LETTERS, STREAM, identifier, *original)
    return len(entries)
