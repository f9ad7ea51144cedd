"""A request from outside the cluster: to an address of this machine, by the name of a host that no DNS has to know."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Answer", "ask"]

_SECONDS = 5.0


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: The HTTP status.
        headers: Its headers, by their names in lower case.
        body: The response.
    """

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def content(self) -> Any:  # noqa: ANN401 - whatever JSON holds
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def ask(url: str, address: str, authority: Path | None = None) -> Answer:
    """Get a URL, as ``curl --connect-to`` does.

    Args:
        url: With the host's name, as DNS would know it.
        address: Where it connects to, as ``ADDRESS:PORT``.
        authority: By https, whose certificates are trusted; None for anybody's, whatever they are for.

    Raises:
        OSError: Nobody answers there; an ``SSLCertVerificationError`` says that the certificate which is shown is not
            for this host, or not by that authority.
        HTTPException: What comes back is no HTTP.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    place, _colon, port = address.rpartition(":")
    with socket.create_connection((place, int(port)), _SECONDS) as connection:
        if parts.scheme != "https":
            return _exchange(connection, host, parts.path)
        with _context(authority).wrap_socket(connection, server_hostname=host) as encrypted:
            return _exchange(encrypted, host, parts.path)


def _context(authority: Path | None) -> ssl.SSLContext:
    if authority is not None:
        return ssl.create_default_context(cafile=authority)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _exchange(connection: socket.socket, host: str, path: str) -> Answer:
    client = http.client.HTTPConnection(host)
    client.sock = connection
    client.request("GET", path, headers={"Connection": "close"})
    response = client.getresponse()
    body = response.read().decode(errors="replace")
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)
