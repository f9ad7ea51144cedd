"""The buffer between feed and database: bounded, so that a lost database stops the reading and loses nothing."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from itertools import islice

from prj_01.reading import Reading

__all__ = ["Buffer"]


class Buffer:
    """Readings that were read and not yet stored, in their order; one thread adds, another one removes.

    Args:
        capacity: How many it holds.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._readings: deque[Reading] = deque()
        self._changed = threading.Condition()
        self._stored: int | None = None

    def __len__(self) -> int:
        return len(self._readings)

    @property
    def end(self) -> int | None:
        """The sequence that the next reading follows; None until it begins somewhere."""
        with self._changed:
            return self._readings[-1].sequence if self._readings else self._stored

    def begin(self, sequence: int) -> None:
        """Forget all readings, and go on after a sequence."""
        with self._changed:
            self._readings.clear()
            self._stored = sequence
            self._changed.notify_all()

    def wait_for_room(self, seconds: float) -> tuple[int, int]:
        """The sequence that the next reading follows, and how many can be added; 0 if none could in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._room() > 0, seconds)
            return self.end or 0, self._room()

    def add(self, after: int, readings: Sequence[Reading]) -> None:
        """Add what was read after a sequence; left out where the buffer has begun elsewhere in the meantime."""
        with self._changed:
            if after == self.end:
                self._readings.extend(readings)
                self._changed.notify_all()

    def wait_for_batch(self, limit: int, seconds: float) -> tuple[int, Sequence[Reading]]:
        """The sequence that the oldest readings follow, and those, which stay; none if none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._readings, seconds)
            return self._stored or 0, list(islice(self._readings, limit))

    def remove(self, readings: Sequence[Reading]) -> None:
        """Remove the oldest readings, which are stored."""
        with self._changed:
            for reading in readings:
                self._readings.popleft()
                self._stored = reading.sequence
            self._changed.notify_all()

    def _room(self) -> int:
        return 0 if self._stored is None else self.capacity - len(self._readings)
