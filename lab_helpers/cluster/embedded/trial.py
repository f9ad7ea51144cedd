"""Whether this machine lets root do what a node takes: tried, in a moment, and nothing of it stays.

Looking does not tell: in a container the files are all there, and it is the attempt that is refused.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

from lab_helpers import shell
from lab_helpers.cluster.embedded import cgroups, network, privileged
from lab_helpers.errors import CommandFailed, LabError

__all__ = ["NAMESPACES", "attempt", "main", "refused"]

NAMESPACES = ("unshare", "--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child=KILL", "--")
"""A prefix that gives a command all namespaces that a node has; util-linux kills it when the prefix is killed."""

_SECONDS = 5.0

# What runs inside; each word is printed once what it names was done. The mounts end with their namespace.
_INSIDE = """
set -e
echo namespaces
mount --make-rprivate /
mount -t tmpfs lab-try /tmp
mount -t proc proc /proc
mount -t sysfs sysfs /sys
echo mounts
mknod /tmp/null c 1 3
chown 1:1 /tmp/null
chroot / setpriv --reuid=1 --regid=1 --clear-groups true
echo containers
read -r _
"""
# linux/capability.h; without any of these one of the attempts fails, or containers do.
_CAPABILITIES = {
    0: "CHOWN",
    1: "DAC_OVERRIDE",
    6: "SETGID",
    7: "SETUID",
    12: "NET_ADMIN",
    18: "SYS_CHROOT",
    21: "SYS_ADMIN",
    27: "MKNOD",
}


def main() -> int:
    """Try, as root, and print what was refused, as JSON."""
    print(json.dumps(attempt()))  # noqa: T201
    return 0


@cache
def refused() -> str:
    """What root may not do here, and which right it lacks, in English as the programs have it; empty for nothing."""
    if os.geteuid() == 0:
        return attempt()
    argv = privileged.python("lab_helpers.cluster.embedded.trial")
    try:
        return str(json.loads(shell.run(argv, timeout=_SECONDS).stdout))
    except CommandFailed as error:
        return error.last_event


def attempt() -> str:
    """Make namespaces with mounts and a link to them, and a cgroup; what was refused, empty for nothing."""
    try:
        _make_namespaces()
        _make_cgroups()
    except CommandFailed as error:
        return _explained(error.last_event.splitlines()[0] if error.last_event else str(error))
    except OSError as error:
        return _explained(f"{error.filename}: {error.strerror}")
    except LabError as error:
        return _explained(str(error))
    return ""


def _make_namespaces() -> None:
    with shell.start(
        [*NAMESPACES, "sh", "-c", _INSIDE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            done = [process.stdout.readline().strip() for _word in range(3)]
            if done[-1] != "containers":
                raise LabError(process.stderr.read().strip() or f"unshare ended with {process.wait()}")
            _link(process.pid)
        finally:
            process.kill()


def _link(pid: int) -> None:
    """Link the host to the namespaces, as the lab's bridge is; and have them forward, as a node does."""
    link = f"lab-try{pid}"[:15]
    try:
        shell.run(
            ["ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", str(pid)], timeout=_SECONDS
        )
        forward = "echo 1 > /proc/sys/net/ipv4/ip_forward && ip link set eth0 up"
        shell.run(network.inside(pid, ["sh", "-c", forward]), timeout=_SECONDS)
    finally:
        network.remove_link(link)


def _make_cgroups() -> None:
    for hierarchy in cgroups.hierarchies():
        directory = hierarchy / f"kubernetes-lab-try-{os.getpid()}"
        directory.mkdir()
        directory.rmdir()


def _explained(reason: str) -> str:
    lacking = [f"CAP_{name}" for number, name in _CAPABILITIES.items() if not _effective() >> number & 1]
    return f"{reason} ({', '.join(lacking)})" if lacking else reason


def _effective() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("CapEff:")), 16)


if __name__ == "__main__":
    sys.exit(main())
