"""The progress of a long task: one line that is updated in place."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from lab_helpers.workbook.display.showing import Shown

__all__ = ["ProgressLine"]


class ProgressLine:
    """Shows each progress line with the seconds since the start; used as a context manager.

    In a notebook a line replaces the previous one; elsewhere each is printed to standard error.

    Args:
        task: The name of the task.
    """

    def __init__(self, task: str) -> None:
        self._task = task
        self._started = time.monotonic()
        self._shown: Shown | None = None

    def __enter__(self) -> ProgressLine:
        self._shown = Shown(_Line(f"{self._task} …"))
        return self

    def __call__(self, line: str) -> None:
        """Show a line."""
        self._show(f"{self._seconds:6.1f} s  {line}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._show(f"{self._task}: {self._seconds:.1f} s")

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._started

    def _show(self, text: str) -> None:
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
