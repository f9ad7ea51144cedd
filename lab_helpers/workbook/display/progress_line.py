"""Progress of something that takes a while: one line that changes in place."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from lab_helpers.workbook.display.showing import Shown

__all__ = ["ProgressLine"]


class ProgressLine:
    """Tells each line of progress with the seconds since the start; used as a context manager.

    In a notebook a line takes the place of the one before; elsewhere each is printed to standard error.

    Args:
        what: What takes a while.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._started = time.monotonic()
        self._shown: Shown | None = None

    def __enter__(self) -> ProgressLine:
        self._shown = Shown(_Line(f"{self._what} …"))
        return self

    def __call__(self, line: str) -> None:
        """Tell what happens now."""
        self._tell(f"{self._seconds:6.1f} s  {line}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._tell(f"{self._what}: {self._seconds:.1f} s")

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._started

    def _tell(self, text: str) -> None:
        if self._shown is not None and self._shown.is_seen:
            self._shown.change(_Line(text))
        else:
            print(text, file=sys.stderr, flush=True)  # noqa: T201 - where a terminal's progress belongs


class _Line:
    """One line of text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text
