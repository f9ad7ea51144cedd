"""Keep the lab's own addresses and names from going through a proxy."""

from __future__ import annotations

import os
from ipaddress import IPv4Network, ip_address
from urllib.parse import urlsplit

__all__ = ["BRIDGES", "bypass", "is_own"]

BRIDGES = IPv4Network("10.83.0.0/16")
"""The network of embedded clusters' bridges, one /24 each for nodes and registry."""

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def is_own(server: str) -> bool:
    """Whether a URL such as ``https://10.83.1.10:6443`` leads to this machine or to one of the lab's own addresses."""
    host = urlsplit(server).hostname or ""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address in BRIDGES


def bypass(*hosts: str) -> dict[str, str]:
    """The no-proxy variables for these hosts and the lab's own; empty if no proxy is configured.

    Programs differ in their support: all understand single addresses, not all understand networks, and some read only
    one of the two spellings.

    Args:
        hosts: Names and addresses in addition to the lab's own network.
    """
    if not any(os.environ.get(name) or os.environ.get(name.lower()) for name in _PROXIES):
        return {}
    users = [os.environ.get(name, "").split(",") for name in ("NO_PROXY", "no_proxy")]
    hosts_of_lab = ["localhost", "127.0.0.1", "127.0.0.0/8", str(BRIDGES), *hosts]
    entries = dict.fromkeys(entry.strip() for entry in (*users[0], *users[1], *hosts_of_lab) if entry.strip())
    return dict.fromkeys(("NO_PROXY", "no_proxy"), "*" if "*" in entries else ",".join(entries))
