"""The one place that waits: until a condition is true or a deadline passes, never for a fixed time."""

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

# A look that begins before the deadline may take this long: its result tells more than a timeout.
_LOOK_SECONDS = 2.0


class Deadline:
    """A deadline on the monotonic clock.

    Args:
        seconds: Seconds from now until the deadline.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def remaining(self) -> float:
        """Seconds until the deadline; 0 when it has passed."""
        return max(0.0, self._end - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed."""
        return self.remaining == 0.0


class Look:
    """One evaluation of a condition: it does not wait, and caches its reads so that they are consistent.

    Attributes:
        deadline: The deadline of everything in it.
        reads: The responses read so far, by request.
    """

    def __init__(self, seconds: float, outer: Look | None) -> None:
        self.deadline = Deadline(seconds)
        self.reads: dict[Hashable, Any] = {}
        self._outer = outer

    def forget(self) -> None:
        """Drop the cached reads: something was changed, or time has passed."""
        self.reads.clear()
        if self._outer is not None:
            self._outer.forget()


# Each thread has its own, initially None.
_LOOK: ContextVar[Look | None] = ContextVar("look", default=None)


def current_look() -> Look | None:
    """The look that this code runs in; None outside of one."""
    return _LOOK.get()


def at_most(seconds: float) -> float:
    """``seconds``, limited by the time left of the current look."""
    outer = _LOOK.get()
    return seconds if outer is None else min(seconds, max(outer.deadline.remaining, 0.01))


@contextmanager
def look(seconds: float) -> Iterator[None]:
    """Open a look for the context, limited by ``seconds`` and by the time left of the current look."""
    token = _LOOK.set(Look(at_most(seconds), _LOOK.get()))
    try:
        yield
    finally:
        _LOOK.reset(token)


@contextmanager
def act(seconds: float) -> Iterator[None]:
    """Open a look that may exceed the current one, for an action that must not stop halfway."""
    token = _LOOK.set(Look(seconds, _LOOK.get()))
    try:
        yield
    finally:
        _LOOK.reset(token)


def timeout_message(outcome: str) -> str:
    """The English message of a timeout, with a field for the seconds.

    Catalogues hold the whole sentence for each outcome: a translated verb alone would not fit every language's grammar.
    """
    return f"did not {outcome} within {{seconds:g}} s"


def until(
    condition: Callable[[], T | None],
    *,
    seconds: float,
    outcome: str,
    object: str = "",  # noqa: A002
    next_step: str = "",
    last_event: Callable[[], str] | None = None,
    every: float = 0.05,
) -> T:
    """Call ``condition`` until it returns a true value, and return that value.

    A ``LabError`` raised by the condition means "not yet" and becomes the reason of the timeout, unless it is final;
    any other exception is a bug and propagates. Waiting inside the condition is limited by this deadline (see
    ``look``).

    Args:
        condition: Evaluated without waiting; returns its result, or a false value for "not yet".
        seconds: The timeout.
        outcome: The expected outcome, to complete "did not …": ``become Ready``. A string literal, from which
            ``timeout_message`` makes a sentence that is in the catalogues.
        object: The object of the timeout error.
        next_step: The next step of the timeout error.
        last_event: Called after the timeout, for the last event of the error.
        every: Seconds between two evaluations.

    Raises:
        WaitTimeout: The timeout expired.
        LabError: The condition raised a final one.
    """
    deadline = Deadline(at_most(seconds))
    reason = ""
    while True:
        try:
            with look(max(deadline.remaining, _LOOK_SECONDS)):
                result = condition()
        except LabError as error:
            if error.is_final:
                raise
            result, reason = None, str(error)
        if result:
            return result
        if deadline.is_over:
            raise WaitTimeout(
                language.gettext(timeout_message(outcome)).format(seconds=round(deadline.seconds, 2)),
                object=object,
                last_event=_last_event(last_event) if last_event else reason,
                next_step=next_step,
            )
        outer = current_look()
        if outer is not None:
            outer.forget()
        time.sleep(min(every, deadline.remaining))


def _last_event(tell: Callable[[], str]) -> str:
    with look(_LOOK_SECONDS):
        return tell()
