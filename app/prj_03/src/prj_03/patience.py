"""Patience with a database that is away: work is begun anew until it comes to an end, or time is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import chain, repeat
from typing import TypeVar

import psycopg

from prj_03.log import LOG, fields

__all__ = ["insist", "reason"]

T = TypeVar("T")

_PAUSES_SECONDS = (0.5, 1.0, 2.0, 5.0)  # the last again and again


def insist(work: Callable[[], T], seconds: float) -> T:
    """What some work returns, which is begun anew while the database is away.

    Args:
        work: Does no harm where it is done again.
        seconds: How long to begin it anew.

    Raises:
        psycopg.OperationalError: The database is still away.
    """
    deadline = time.monotonic() + seconds
    for pause in chain(_PAUSES_SECONDS, repeat(_PAUSES_SECONDS[-1])):
        try:
            return work()
        except psycopg.OperationalError as error:
            if time.monotonic() + pause > deadline:
                raise
            LOG.warning("the database is away", extra=fields(reason=reason(error), again_in_seconds=pause))
            time.sleep(pause)
    raise AssertionError("repeat() has no end")


def reason(error: psycopg.Error) -> str:
    """The first line of what the server or libpq says; neither repeats a password."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
