"""The requests a probe sent: read from its lines, counted, and judged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from lab_helpers.language import gettext as _

__all__ = ["Pause", "ProbeLog", "ProbeResult", "Request", "pauses"]

_OK = 200
# A probe sends many times a second, whatever becomes of its requests: one that sends none for so long was stopped
# itself, and with it everything else on its machine.
_PAUSE_SECONDS = 5.0
# Requests under way were given up when it went on; and a cluster that was away that long has to find itself again.
_BEFORE_SECONDS, _AFTER_SECONDS = 2.0, 15.0


@dataclass(frozen=True)
class Request:
    """One request and what came of it.

    Attributes:
        number: Its place in the order of sending, from 1.
        at: When it was sent, in seconds since 1970.
        status: The HTTP status; 0 when no answer came.
        version: The release that answered, as its ``x-app-version`` header says.
        milliseconds: From sending to the end of the answer, or to giving up.
        error: Why no answer came; else empty.
        body: The first 200 characters of the answer.
    """

    number: int
    at: float
    status: int
    version: str
    milliseconds: float
    error: str
    body: str

    @property
    def ok(self) -> bool:
        """Whether it was answered, and with 200."""
        return self.status == _OK and not self.error

    @property
    def answered_at(self) -> float:
        """When its answer had come, in seconds since 1970."""
        return self.at + self.milliseconds / 1000


@dataclass(frozen=True)
class Pause:
    """A time in which the machine stood still.

    Attributes:
        began: When the last request before it was sent, in seconds since 1970.
        ended: When the first one after it was sent.
    """

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return self.ended - self.began

    def explains(self, request: Request) -> bool:
        """Whether a request may have failed because of it."""
        return self.began - _BEFORE_SECONDS <= request.at <= self.ended + _AFTER_SECONDS


def pauses(requests: Sequence[Request]) -> list[Pause]:
    """The times in which the machine stood still, told from requests in the order of sending."""
    moments = pairwise(request.at for request in requests)
    return [Pause(before, after) for before, after in moments if after - before > _PAUSE_SECONDS]


@dataclass(frozen=True)
class ProbeResult:
    """What came of all requests of a probe.

    Attributes:
        requests: Each of them, in the order of sending.
    """

    requests: Sequence[Request]

    @property
    def sent(self) -> int:
        """How many were sent."""
        return len(self.requests)

    @property
    def failures(self) -> list[Request]:
        """Those that failed: no connection, no answer in time, or another status than 200."""
        return [request for request in self.requests if not request.ok]

    @property
    def failed(self) -> int:
        """How many failed."""
        return len(self.failures)

    @property
    def by_version(self) -> dict[str, int]:
        """How many were answered well by each release, in the order in which releases first answered."""
        return dict(Counter(request.version for request in self.requests if request.ok))

    @property
    def longest_gap_seconds(self) -> float:
        """The longest time without a good answer, from the first request sent to the last one's end."""
        if not self.requests:
            return 0.0
        good = sorted(request.answered_at for request in self.requests if request.ok)
        moments = [self.requests[0].at, *good, max(request.answered_at for request in self.requests)]
        return max(later - earlier for earlier, later in pairwise(moments))

    def __str__(self) -> str:
        by = _("{count} by {version}")
        answered = ", ".join(by.format(count=count, version=tag or "?") for tag, count in self.by_version.items())
        failed = _("{count} failed") if self.failed else _("none failed")
        told = _("{sent} requests, {failed}; answered: {answered}; longest time without an answer {gap:.2f} s")
        return told.format(
            sent=self.sent,
            failed=failed.format(count=self.failed),
            answered=answered or _("none"),
            gap=self.longest_gap_seconds,
        )


@dataclass
class ProbeLog:
    """The lines of one probe, gathered from however many pieces of its log; a line read twice counts once.

    Attributes:
        ended: Why the probe ended: ``asked``, ``terminated`` or ``bound``; empty while it runs.
        sent: How many requests it says it sent; 0 while it runs.
    """

    ended: str = ""
    sent: int = 0
    _by_number: dict[int, Request] = field(default_factory=dict)

    def add(self, line: str) -> None:
        """Take in one line; what is not the probe's own is passed over.

        That may be a warning of its runtime, or a line cut in two. Nothing is lost by it: ``is_whole``
        compares with the probe's own count.
        """
        try:
            told = json.loads(line)
        except ValueError:
            return
        if not isinstance(told, dict):
            return
        if "ended" in told:
            self.ended, self.sent = told["ended"], told["sent"]
        elif "n" in told:
            self._by_number[told["n"]] = _request(told)

    @property
    def is_whole(self) -> bool:
        """Whether the probe has ended and every request it sent is here."""
        return bool(self.ended) and self.sent == len(self._by_number)

    @property
    def requests(self) -> list[Request]:
        """Those from the first good answer on, in the order of sending.

        Those before it say when the probe found its way, not how the service did.
        """
        in_order = [self._by_number[number] for number in sorted(self._by_number.copy())]
        first = next((index for index, request in enumerate(in_order) if request.ok), len(in_order))
        return in_order[first:]

    @property
    def last_error(self) -> str:
        """Why the newest request that failed did."""
        failed = [request for request in self._by_number.copy().values() if not request.ok]
        return (failed[-1].error or f"HTTP {failed[-1].status}") if failed else ""


def _request(told: dict[str, object]) -> Request:
    return Request(
        number=int(str(told["n"])),
        at=float(str(told["at"])),
        status=int(str(told.get("status", 0))),
        version=str(told.get("version", "")),
        milliseconds=float(str(told["ms"])),
        error=str(told.get("error", "")),
        body=str(told.get("body", "")),
    )
