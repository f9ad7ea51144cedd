"""Progress of long work: at most one line a second and one every few seconds, with the time it has taken."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from lab_helpers.language import gettext as _

__all__ = ["Paced"]


class Paced:
    """Passes lines on, no more than one a second, and while none comes says the last one again.

    Work such as linking prints nothing for a minute; the growing time shows that it goes on. Used as a
    context manager around the work; ``report`` may be called from another thread, never from two at once.

    Args:
        report: Takes the lines.
        shortest: Seconds between two lines, at least; those in between are dropped.
        longest: Seconds between two lines, at most.
    """

    def __init__(self, report: Callable[[str], None], *, shortest: float = 1.0, longest: float = 5.0) -> None:
        self._report = report
        self._shortest = shortest
        self._longest = longest
        self._line = ""
        self._begin = time.monotonic()
        self._last = -shortest  # seconds after the beginning when a line was passed on
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._repeater = threading.Thread(target=self._repeat, daemon=True)

    def __enter__(self) -> Self:
        self._repeater.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._repeater.join()

    def __call__(self, line: str) -> None:
        """Take note of a line, and pass it on if it is time."""
        with self._lock:
            self._line = line
            self._pass_on(self._shortest)

    def _repeat(self) -> None:
        while not self._over.wait(self._longest):
            with self._lock:
                self._pass_on(self._longest)

    def _pass_on(self, after: float) -> None:
        taken = time.monotonic() - self._begin
        if self._line and taken - self._last >= after:
            self._last = taken
            self._report(_("{line} ({seconds:.0f} s)").format(line=self._line, seconds=taken))
