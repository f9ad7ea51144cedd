"""The client of the feed: asks for what comes after a sequence, and believes nothing that cannot be."""

from __future__ import annotations

import http.client
import json
import urllib.request
from collections.abc import Sequence
from itertools import pairwise
from urllib.parse import urlencode

from prj_01.reading import Reading, parse

__all__ = ["FeedError", "Source"]

_MOST_BYTES = 10_000_000


class FeedError(Exception):
    """The feed did not answer, or not with readings."""


class Source:
    """A feed.

    Args:
        url: What is asked, as in ``http://feed:8080/readings``.
        seconds: How long one answer may take.
    """

    def __init__(self, url: str, seconds: float = 5.0) -> None:
        self._url = url
        self._seconds = seconds

    def readings_after(self, sequence: int, limit: int) -> Sequence[Reading]:
        """The readings that follow a sequence, the oldest first.

        Args:
            sequence: Where to go on; 0 for the oldest that the feed still has.
            limit: How many at most.

        Raises:
            FeedError: It did not answer, or with something else.
        """
        url = f"{self._url}{'&' if '?' in self._url else '?'}{urlencode({'after': sequence, 'limit': limit})}"
        try:
            with urllib.request.urlopen(url, timeout=self._seconds) as response:
                entries = json.loads(response.read(_MOST_BYTES))
            readings = [parse(entry) for entry in entries]
        except (OSError, http.client.HTTPException, ValueError, TypeError, RecursionError) as error:
            raise FeedError(str(error)) from error
        sequences = [sequence, *(reading.sequence for reading in readings)]
        if any(later <= earlier for earlier, later in pairwise(sequences)):
            raise FeedError(f"its answer does not follow sequence {sequence} in order")
        if len(readings) > limit:
            raise FeedError(f"it sent {len(readings)} readings where {limit} were asked for")
        return readings
