"""The window of a report: a whole day or a whole hour of UTC that is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["Window", "parse"]

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_FORMS = (("%Y-%m-%d", _DAY), ("%Y-%m-%dT%H", _HOUR))
_RELATIVE = {"previous-day": _FORMS[0], "previous-hour": _FORMS[1]}


@dataclass(frozen=True)
class Window:
    """From one moment until just before another.

    Attributes:
        name: What its report is called, as in ``2026-01-31`` or ``2026-01-31T12``.
        start: The first moment.
        end: The first moment after it.
    """

    name: str
    start: datetime
    end: datetime


def parse(text: str, now: datetime) -> Window:
    """The window that a text names: a day, an hour, or the last whole one of either, `previous-day`, `previous-hour`.

    Args:
        text: What names it.
        now: The present moment, with its time zone.

    Raises:
        ValueError: It names none, or one that is not over; says so.
    """
    if text in _RELATIVE:
        form, length = _RELATIVE[text]
        # UTC has no daylight saving time: all its days are equally long.
        text = (now.astimezone(UTC) - length).strftime(form)
    for form, length in _FORMS:
        window = _window(text, form, length)
        if window is not None:
            if now < window.end:
                raise ValueError(f"{text} is not over before {window.end:%Y-%m-%dT%H:%M}Z")
            return window
    raise ValueError(f"{text!r} is none of 2026-01-31, 2026-01-31T12 (UTC), previous-day, previous-hour")


def _window(text: str, form: str, length: timedelta) -> Window | None:
    try:
        start = datetime.strptime(text, form).replace(tzinfo=UTC)
        end = start + length
    except (ValueError, OverflowError):  # the last day that there is ends after all that there is
        return None
    # strptime takes 2026-1-31, too, and one window must have one name.
    return Window(text, start, end) if start.strftime(form) == text else None
