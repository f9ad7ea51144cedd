"""The container that the lab's own image runs as: whether this is one, where it listens, and whether it is kept."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

__all__ = ["LAB_CONTAINER", "PORT", "address", "is_container", "keeps_home"]

LAB_CONTAINER = "LAB_CONTAINER"
"""The environment variable that the image sets."""

PORT = 8888
"""The port that ``docker run --publish`` publishes."""

_LOOPBACK = "127.0.0.1"
_INTERFACES = Path("/sys/class/net")
_ROUTES = Path("/proc/net/route")
_DEFAULT = "00000000"
_MOUNTS = Path("/proc/self/mountinfo")
# What Docker makes for a volume that nobody named, and removes with the container.
_UNNAMED_VOLUME = re.compile(r"/volumes/[0-9a-f]{64}/_data$")
_IN_POD = "KUBERNETES_SERVICE_HOST"  # which the kubelet sets in every container
_ELSEWHERE = ("192.0.2.1", 9)  # RFC 5737: nobody's; nothing is sent to choose the way there


def is_container() -> bool:
    """Whether this process runs in a container of the lab's image."""
    return os.environ.get(LAB_CONTAINER) == "1"


def address(interfaces: Path = _INTERFACES, routes: Path = _ROUTES) -> str:
    """The IP address that a room is served on.

    In a container that is the container's own, to which Docker forwards what it publishes on the host. Everywhere else,
    in a container of the host's own network, in one without any, and in a pod, to whose loopback ``kubectl
    port-forward`` leads, it is loopback.
    """
    if not is_container() or _IN_POD in os.environ or not _has_own_network(interfaces, routes):
        return _LOOPBACK
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(_ELSEWHERE)
        return str(probe.getsockname()[0])


def keeps_home(mounts: Path = _MOUNTS) -> bool:
    """Whether the home directory outlives the container: a volume with a name, or a directory of the host."""
    home = str(Path.home())
    fields = (line.split() for line in mounts.read_text(encoding="utf-8").splitlines())
    roots = [root for _mount, _parent, _device, root, point, *_options in fields if point == home]
    return bool(roots) and _UNNAMED_VOLUME.search(roots[-1]) is None


def _has_own_network(interfaces: Path, routes: Path) -> bool:
    """Whether there is a default route, and no link here is a device of the machine.

    It is not asked of the route's own link: on a machine that may be a bridge or a bond, which is no device either.
    """
    try:
        lines = routes.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return False
    defaults = [line for line in lines if line.split()[1:2] == [_DEFAULT]]
    return bool(defaults) and not any(link.joinpath("device").exists() for link in interfaces.iterdir())
