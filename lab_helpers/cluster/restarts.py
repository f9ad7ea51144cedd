"""When a program that ended is started again: soon, then less soon, and not for ever."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Callable

__all__ = ["Restarted", "delay", "is_hopeless", "short_lives"]

_SHORT_LIFE_SECONDS = 5.0
_SHORT_LIVES = 12
_RETRY_SECONDS = 0.1
_LONGEST_RETRY_SECONDS = 2.0


def short_lives(before: int, seconds: float) -> int:
    """How many times in a row a program has lived shortly, now that it has lived so long once more."""
    return before + 1 if seconds < _SHORT_LIFE_SECONDS else 0


def is_hopeless(lives: int) -> bool:
    """Whether a program that lived shortly so many times in a row cannot be kept running."""
    return lives >= _SHORT_LIVES


def delay(lives: int) -> float:
    """Seconds until it is started again."""
    return min(_RETRY_SECONDS * (1 + lives // 3), _LONGEST_RETRY_SECONDS)


class Restarted:
    """A program that a keeper starts again when it ends.

    Args:
        name: What it is called in the keeper's log.
        start: Starts it.
        selector: Wakes the keeper when it has ended; what it is registered with is this object.
    """

    def __init__(self, name: str, start: Callable[[], subprocess.Popen[str]], selector: selectors.BaseSelector) -> None:
        self.name = name
        self._start = start
        self._selector = selector
        self._lives = 0
        self._due: float | None = None
        self.begin()

    def begin(self) -> None:
        """Start it."""
        self._due = None
        self._started = time.monotonic()
        self.process = self._start()
        self._ended = os.pidfd_open(self.process.pid)
        self._selector.register(self._ended, selectors.EVENT_READ, self)

    @property
    def seconds_left(self) -> float | None:
        """Until it is to begin again; None while it runs."""
        return None if self._due is None else max(0.0, self._due - time.monotonic())

    def has_ended(self) -> bool:
        """Note that it has; whether it will be started again."""
        self._selector.unregister(self._ended)
        os.close(self._ended)
        code, lived = self.process.wait(), time.monotonic() - self._started
        print(f"{self.name} ended with {code} after {lived:.1f} s", flush=True)  # noqa: T201 - the keeper's log
        self._lives = short_lives(self._lives, lived)
        self._due = time.monotonic() + delay(self._lives)
        return not is_hopeless(self._lives)
