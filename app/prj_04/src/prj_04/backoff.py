"""How long to wait before what failed is tried again."""

from __future__ import annotations

import random

__all__ = ["Backoff"]


class Backoff:
    """Waits that double, from the shortest to the longest, each shortened by chance so that replicas do not meet.

    Args:
        shortest_seconds: The first wait.
        longest_seconds: No wait is longer.
    """

    def __init__(self, shortest_seconds: float = 0.2, longest_seconds: float = 5.0) -> None:
        self._shortest = shortest_seconds
        self._longest = longest_seconds
        self._failures = 0

    def next_seconds(self) -> float:
        """The wait after one more failure."""
        seconds = min(self._longest, self._shortest * 2.0 ** min(self._failures, 30))
        self._failures += 1
        return seconds * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin anew, after a success."""
        self._failures = 0
