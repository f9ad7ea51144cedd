"""The one place that waits: until a condition holds or a deadline passes, never for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from lab_helpers import language
from lab_helpers.errors import LabError, WaitTimeout

__all__ = ["Deadline", "Look", "act", "at_most", "current_look", "look", "timeout_message", "until"]

T = TypeVar("T")

# A look that begins before its deadline may take so long: what it sees tells more than that time ran out.
_LOOK_SECONDS = 2.0


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


class Look:
    """One look at the world, which waits for nothing and sees everything as it is at one moment.

    Attributes:
        deadline: When it has to be over, and everything in it.
        reads: What was read in it already, by what was asked for: asked once, for all who ask.
    """

    def __init__(self, seconds: float, outer: Look | None) -> None:
        self.deadline = Deadline(seconds)
        self.reads: dict[Hashable, Any] = {}
        self._outer = outer

    def forget(self) -> None:
        """Ask anew from here on: something was changed, or time went by."""
        self.reads.clear()
        if self._outer is not None:
            self._outer.forget()


# Each thread has its own, and begins without one.
_LOOK: ContextVar[Look | None] = ContextVar("look", default=None)


def current_look() -> Look | None:
    """The look that this code is part of; None where nobody set it a deadline."""
    return _LOOK.get()


def at_most(seconds: float) -> float:
    """So many seconds, or what is left of the look that this code is part of, where that is less."""
    outer = _LOOK.get()
    return seconds if outer is None else min(seconds, max(outer.deadline.left, 0.01))


@contextmanager
def look(seconds: float) -> Iterator[None]:
    """Look once, for no longer than so many seconds, nor than the look that this is part of."""
    token = _LOOK.set(Look(at_most(seconds), _LOOK.get()))
    try:
        yield
    finally:
        _LOOK.reset(token)


@contextmanager
def act(seconds: float) -> Iterator[None]:
    """Do what must not be left half done: it has so long, whatever is left of the look that it is part of."""
    token = _LOOK.set(Look(seconds, _LOOK.get()))
    try:
        yield
    finally:
        _LOOK.reset(token)


def timeout_message(what: str) -> str:
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

    A ``LabError`` raised by the condition counts as "not yet" and is kept as the reason should time run out, unless
    it is final; any other exception is a mistake in the condition and is raised at once. What waits within the
    condition waits no longer than this does (see ``look``).

    Args:
        condition: Looks once, without waiting, and returns what it found or something false.
        seconds: The longest time to wait.
        what: What is waited for, to complete "did not …": ``become Ready``. As it is, for ``timeout_message`` to make a
            sentence of it that translators know.
        object: What it is waited for on.
        next_step: What to type when time runs out.
        last_event: Called once time is up, for the last thing that was seen.
        every: Seconds between two looks.

    Raises:
        WaitTimeout: Time ran out.
        LabError: The condition raised a final one.
    """
    deadline = Deadline(at_most(seconds))
    reason = ""
    while True:
        try:
            with look(max(deadline.left, _LOOK_SECONDS)):
                found = condition()
        except LabError as error:
            if error.is_final:
                raise
            found, reason = None, str(error)
        if found:
            return found
        if deadline.is_over:
            raise WaitTimeout(
                language.gettext(timeout_message(what)).format(seconds=round(deadline.seconds, 2)),
                object=object,
                last_event=_last_event(last_event) if last_event else reason,
                next_step=next_step,
            )
        outer = current_look()
        if outer is not None:
            outer.forget()
        time.sleep(min(every, deadline.left))


def _last_event(tell: Callable[[], str]) -> str:
    with look(_LOOK_SECONDS):
        return tell()
