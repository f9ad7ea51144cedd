"""The requests of a probe: parsed from its log, counted and evaluated."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from lab_helpers.language import gettext as _

__all__ = ["Pause", "ProbeLog", "ProbeResult", "Request", "pauses"]

_OK = 200
# A probe sends many requests a second, whatever their outcome: if it sends none for this long, the whole machine was
# suspended.
_PAUSE_SECONDS = 5.0
# Requests in flight timed out when the machine resumed, and the cluster needs time to recover.
_BEFORE_SECONDS, _AFTER_SECONDS = 2.0, 15.0


@dataclass(frozen=True)
class Request:
    """One request and its response.

    Attributes:
        number: Its position in sending order, from 1.
        at: When it was sent, in seconds since 1970.
        status: The HTTP status; 0 without a response.
        version: The release that answered, from its ``x-app-version`` header.
        milliseconds: From sending to the end of the response, or to the timeout.
        error: Why there was no response; else empty.
        body: The first 200 characters of the response.
        late: What did not come in time, ``connection`` or ``answer``; empty where nothing was waited for so long.
    """

    number: int
    at: float
    status: int
    version: str
    milliseconds: float
    error: str
    body: str
    late: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was answered with 200."""
        return self.status == _OK and not self.error

    @property
    def answered_at(self) -> float:
        """When its response was complete, in seconds since 1970."""
        return self.at + self.milliseconds / 1000


@dataclass(frozen=True)
class Pause:
    """A time in which the machine was suspended.

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
        """Whether it may be why a request failed."""
        return self.began - _BEFORE_SECONDS <= request.at <= self.ended + _AFTER_SECONDS


def pauses(requests: Sequence[Request]) -> list[Pause]:
    """The times in which the machine was suspended, from requests in sending order."""
    moments = pairwise(request.at for request in requests)
    return [Pause(before, after) for before, after in moments if after - before > _PAUSE_SECONDS]


@dataclass(frozen=True)
class ProbeResult:
    """The outcome of all requests of a probe.

    Attributes:
        requests: The requests, in sending order.
    """

    requests: Sequence[Request]

    @property
    def sent(self) -> int:
        """The number of requests."""
        return len(self.requests)

    @property
    def failures(self) -> list[Request]:
        """The failed requests: no connection, no response in time, or another status than 200."""
        return [request for request in self.requests if not request.ok]

    @property
    def failed(self) -> int:
        """The number of failed requests."""
        return len(self.failures)

    @property
    def by_version(self) -> dict[str, int]:
        """The number of successful requests by release, in the order in which releases first answered."""
        return dict(Counter(request.version for request in self.requests if request.ok))

    @property
    def longest_gap_seconds(self) -> float:
        """The longest time without a successful response, from the first request to the end of the last one."""
        if not self.requests:
            return 0.0
        good = sorted(request.answered_at for request in self.requests if request.ok)
        moments = [self.requests[0].at, *good, max(request.answered_at for request in self.requests)]
        return max(later - earlier for earlier, later in pairwise(moments))

    def __str__(self) -> str:
        template = _("{count} by {version}")
        answered = ", ".join(template.format(count=count, version=tag or "?") for tag, count in self.by_version.items())
        failed = _("{count} failed") if self.failed else _("none failed")
        summary = _("{sent} requests, {failed}; answered: {answered}; longest time without an answer {gap:.2f} s")
        return summary.format(
            sent=self.sent,
            failed=failed.format(count=self.failed),
            answered=answered or _("none"),
            gap=self.longest_gap_seconds,
        )


@dataclass
class ProbeLog:
    """The log of one probe, parsed line by line; a line read twice counts once.

    Attributes:
        ended: Why the probe ended: ``asked``, ``terminated`` or ``bound``; empty while it runs.
        sent: The number of requests it reports to have sent; 0 while it runs.
    """

    ended: str = ""
    sent: int = 0
    _by_number: dict[int, Request] = field(default_factory=dict)

    def add(self, line: str) -> None:
        """Parse one line; lines that the probe did not write are ignored.

        Such a line may be a warning of its runtime, or an incomplete line. Nothing is lost by it: ``is_complete``
        compares with the probe's own count.
        """
        try:
            entry = json.loads(line)
        except ValueError:
            return
        if not isinstance(entry, dict):
            return
        if "ended" in entry:
            self.ended, self.sent = entry["ended"], entry["sent"]
        elif "n" in entry:
            self._by_number[entry["n"]] = _request(entry)

    @property
    def is_complete(self) -> bool:
        """Whether the probe has ended and every request it sent is known."""
        return bool(self.ended) and self.sent == len(self._by_number)

    @property
    def requests(self) -> list[Request]:
        """The requests from the first successful one on, in sending order.

        Earlier ones show when the probe became ready, not how the Service behaved.
        """
        in_order = [self._by_number[number] for number in sorted(self._by_number.copy())]
        first = next((index for index, request in enumerate(in_order) if request.ok), len(in_order))
        return in_order[first:]

    @property
    def last_error(self) -> str:
        """The error of the last failed request."""
        failed = [request for request in self._by_number.copy().values() if not request.ok]
        return (failed[-1].error or f"HTTP {failed[-1].status}") if failed else ""


def _request(entry: dict[str, object]) -> Request:
    return Request(
        number=int(str(entry["n"])),
        at=float(str(entry["at"])),
        status=int(str(entry.get("status", 0))),
        version=str(entry.get("version", "")),
        milliseconds=float(str(entry["ms"])),
        error=str(entry.get("error", "")),
        body=str(entry.get("body", "")),
        late=str(entry.get("late", "")),
    )
