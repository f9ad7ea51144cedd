"""Read a URL in pieces, and tell a network that does not reach it from every other mishap."""

from __future__ import annotations

import http.client
import urllib.request
from collections.abc import Iterator

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["Unreachable", "pieces"]

_PATIENCE = 5.0  # seconds to connect, and between two pieces
_PIECE = 1 << 20  # bytes


class Unreachable(LabError):
    """The network does not reach a URL to its end: no such host, refused, forbidden, too slow, broken off."""


def pieces(url: str) -> Iterator[tuple[bytes, int]]:
    """Yield an HTTP URL's content in pieces, each with the size of the whole in bytes (0 if it is not told).

    Raises:
        Unreachable: The network does not reach it to its end.
    """
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as response:  # noqa: S310 - callers pass http only
            total, received = int(response.headers.get("Content-Length", 0)), 0
            while piece := response.read(_PIECE):
                received += len(piece)
                yield piece, total
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(_("cannot be reached: {error}").format(error=error), object=url) from error
    if received < total:
        reason = _("broke off after {received} of {total} bytes").format(received=received, total=total)
        raise Unreachable(reason, object=url)
