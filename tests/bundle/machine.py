"""A bare Debian: a root with what Debian itself cannot do without, in namespaces with no network but a loopback."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import paths, shell
from lab_helpers.files import content_key, once

__all__ = ["STICK", "BareMachine", "booted"]

STICK = "/mnt"
"""Where the machine finds the directory that is carried to it; it cannot write there."""

_RELEASE = "bookworm"
_OWN = ("unshare", "--net", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child=KILL")
_ENTER = f"""\
set -e
root=$1 stick=$2
shift 2
ip link set lo up
mount --bind "$root" "$root"
cd "$root"
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount --bind "$stick" .{STICK}
mount -o remount,bind,ro .{STICK}
mkdir -p .old
pivot_root . .old
umount -l .old
cd /root
exec env -i HOME=/root TERM=dumb LANG=C.UTF-8 CI=true PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
"""


@dataclass(frozen=True)
class BareMachine:
    """A machine that nothing was installed on.

    Attributes:
        root: What ``/`` is there.
        stick: The directory that is carried to it.
    """

    root: Path
    stick: Path

    def run(self, script: str) -> shell.Completed:
        """Run a shell script there as root, in root's home directory; what it prints is printed here as well."""
        command = [*_OWN, "sh", "-c", _ENTER, "sh", str(self.root), str(self.stick), "sh", "-c", script]
        return shell.stream(command, print, check=False)


@contextmanager
def booted(stick: Path) -> Iterator[BareMachine]:
    """A machine, as it comes from Debian; gone at the end of the block."""
    place = paths.cache_directory() / "bare-machine"
    place.mkdir(parents=True, exist_ok=True)
    base = once(place / f"{_RELEASE}-{content_key(_RELEASE, Path(__file__))}.tar", _fetch)
    with tempfile.TemporaryDirectory(dir=place) as root:
        # Its devices are this machine's.
        shell.run(["tar", "--extract", f"--file={base}", f"--directory={root}", "--exclude=./dev/*"])
        yield BareMachine(Path(root), stick)


def _fetch(part: Path) -> None:
    shell.run(["mmdebstrap", "--variant=minbase", "--format=tar", "--quiet", _RELEASE, part])
