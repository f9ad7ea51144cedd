"""Pauses between attempts that grow while they fail, each a little different, so that replicas do not go in step."""

from __future__ import annotations

import random

__all__ = ["Backoff"]


class Backoff:
    """The pauses of one worker.

    Args:
        first: About how many seconds the first takes.
        longest: What none exceeds.
    """

    def __init__(self, first: float = 0.1, longest: float = 5.0) -> None:
        self._first = first
        self._longest = longest
        self._failures = 0

    def fail(self) -> float:
        """Count a failed attempt, and return the seconds until the next."""
        pause = min(self._longest, self._first * 2**self._failures)
        self._failures = min(self._failures + 1, 32)
        return pause * random.uniform(0.5, 1.0)

    def succeed(self) -> bool:
        """Count a successful attempt, and return whether the one before it failed."""
        had_failed = self._failures > 0
        self._failures = 0
        return had_failed
