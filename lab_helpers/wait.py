"""The one place that waits: until a condition holds or a deadline passes, never for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from lab_helpers import language
from lab_helpers.errors import LabError, WaitTimeout

__all__ = ["Deadline", "undone", "until"]

T = TypeVar("T")


class Deadline:
    """A moment after which waiting stops.

    Args:
        seconds: How far away the moment is, from now.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until the deadline; 0 when it has passed."""
        return max(0.0, self._end - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return self.left == 0.0


def undone(what: str) -> str:
    """What is said when time runs out, in English and with a field for the seconds.

    A whole sentence for each thing that is waited for is what translators are given: words for a verb alone would fit
    the frame of one language and none of the others.
    """
    return f"did not {what} within {{seconds:g}} s"


def until(
    condition: Callable[[], T | None],
    *,
    seconds: float,
    what: str,
    object: str = "",  # noqa: A002
    next_step: str = "",
    last_event: Callable[[], str] | None = None,
    every: float = 0.05,
) -> T:
    """Call ``condition`` until it returns something true, and return that.

    A ``LabError`` raised by the condition counts as "not yet" and is kept as the reason should time run out;
    any other exception is a mistake in the condition and is raised at once.

    Args:
        condition: Looks once, without waiting, and returns what it found or something false.
        seconds: The longest time to wait.
        what: What is waited for, to complete "did not …": ``become Ready``. As it is, for ``undone`` to make a sentence
            of it that translators know.
        object: What it is waited for on.
        next_step: What to type when time runs out.
        last_event: Called once time is up, for the last thing that was seen.
        every: Seconds between two looks.

    Raises:
        WaitTimeout: Time ran out.
    """
    deadline = Deadline(seconds)
    reason = ""
    while True:
        try:
            found = condition()
        except LabError as error:
            found, reason = None, str(error)
        if found:
            return found
        if deadline.is_over:
            raise WaitTimeout(
                language.gettext(undone(what)).format(seconds=seconds),
                object=object,
                last_event=last_event() if last_event else reason,
                next_step=next_step,
            )
        time.sleep(min(every, deadline.left))
