"""What never goes through a proxy, whatever the user's environment says: the lab's own addresses and names."""

from __future__ import annotations

import os
from ipaddress import IPv4Network, ip_address
from urllib.parse import urlsplit

__all__ = ["BRIDGES", "bypass", "is_own"]

BRIDGES = IPv4Network("10.83.0.0/16")
"""The bridges of embedded clusters, one /24 each: their nodes and registries."""

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def is_own(server: str) -> bool:
    """Whether an address such as ``https://10.83.1.10:6443`` is this machine's or one of the lab's own."""
    host = urlsplit(server).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address in BRIDGES


def bypass(*hosts: str) -> dict[str, str]:
    """The variables that keep programs from a proxy for these hosts and the lab's own; none where there is no proxy.

    Programs differ in what they understand of them: single addresses all do, networks not all, and some read the one
    spelling, some the other.

    Args:
        hosts: Names and addresses besides the lab's own network.
    """
    if not any(os.environ.get(name) or os.environ.get(name.lower()) for name in _PROXIES):
        return {}
    users = [os.environ.get(name, "").split(",") for name in ("NO_PROXY", "no_proxy")]
    own = ["localhost", "127.0.0.1", "127.0.0.0/8", str(BRIDGES), *hosts]
    entries = dict.fromkeys(entry.strip() for entry in (*users[0], *users[1], *own) if entry.strip())
    return dict.fromkeys(("NO_PROXY", "no_proxy"), "*" if "*" in entries else ",".join(entries))
