"""The root directory of a node: the host's programs, read-only, and of its files nothing but what the node needs."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import socket
from pathlib import Path

from lab_helpers import shell
from lab_helpers.cluster.embedded.spec import NodeSpec

__all__ = ["ETCD_DIRECTORY", "enter_root"]

ETCD_DIRECTORY = Path("/run/etcd")
"""Where etcd's socket lies, for root alone."""

# Where a distribution keeps its programs and libraries; directories on some, links into /usr on others.
_PROGRAMS = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
# The node's own: the kernel's views of its namespaces, what it keeps to itself, and what any root directory has.
_OWN = ("proc", "sys", "dev", "run", "tmp", "var", "data", "etc", "home", "mnt", "opt", "root")
# Settings of the host's programs, copied: no secret is among them, and nothing the node writes reaches the host.
_SETTINGS = (
    "alternatives",
    "ethertypes",
    "group",
    "iproute2",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "machine-id",
    "nsswitch.conf",
    "os-release",
    "passwd",
    "protocols",
    "services",
)

# mount_setattr(2), which has the same number on every architecture.
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE, _RDONLY = 442, -100, 0x8000, 1


def enter_root(spec: NodeSpec) -> None:
    """Put the node's root together and make it ``/``."""
    root = Path(spec.mountpoint)
    root.mkdir(parents=True, exist_ok=True)
    _mount("--make-rprivate", "/")
    _mount("-t", "tmpfs", "-o", "mode=755", "lab-root", root)
    _mount("--make-unbindable", root)  # so that binding its parent does not bind it into itself
    for name in _OWN:
        (root / name).mkdir()
    for entry in (Path("/", name) for name in _PROGRAMS):
        if entry.is_symlink():
            (root / entry.name).symlink_to(entry.readlink())
        elif entry.is_dir():
            _bind(entry, root, read_only=True)
    _mount("--make-private", root)
    _mount_own(root)
    for path in spec.needs:
        if not (root / path.lstrip("/")).exists():
            _bind(Path(path), root, read_only=True)
    for inside, outside in spec.mounts.items():
        if not Path(outside).is_file():
            Path(outside).mkdir(parents=True, exist_ok=True)
        _bind(Path(outside), root, inside)
    old = root / "mnt-old"
    old.mkdir()
    shell.run(["pivot_root", root, old])
    os.chdir("/")
    _mount("-t", "proc", "proc", "/proc")
    shell.run(["umount", "--lazy", "/mnt-old"])
    Path("/mnt-old").rmdir()
    _mount("--make-rshared", "/")  # pods that ask for mount propagation get it
    socket.sethostname(spec.name)  # the node has a UTS namespace too


def _mount_own(root: Path) -> None:
    for name in _SETTINGS:
        _copy(Path("/etc", name), root / "etc" / name)
    _mount("--rbind", "/dev", root / "dev")
    if (root / "dev/shm").is_dir():
        _mount("-t", "tmpfs", "-o", "mode=1777", "shm", root / "dev/shm")  # not the host's
    _mount("-t", "sysfs", "sysfs", root / "sys")
    _mount("--rbind", "/sys/fs/cgroup", root / "sys/fs/cgroup")
    _mount("-t", "tmpfs", "-o", "mode=755", "run", root / "run")
    _mount("-t", "tmpfs", "-o", "mode=1777", "tmp", root / "tmp")
    (root / str(ETCD_DIRECTORY).lstrip("/")).mkdir(mode=0o700)
    for name in ("lib", "log", "tmp"):
        (root / "var" / name).mkdir()
    (root / "var/run").symlink_to("/run")


def _copy(setting: Path, to: Path) -> None:
    if setting.is_dir() and not setting.is_symlink():
        shutil.copytree(setting, to, symlinks=True)
    elif setting.is_symlink() or setting.exists():
        shutil.copy2(setting, to, follow_symlinks=False)


def _bind(outside: Path, root: Path, inside: str | None = None, *, read_only: bool = False) -> None:
    target = root / (inside or str(outside)).lstrip("/")
    if outside.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    _mount("--rbind", outside, target)
    if read_only:
        _make_read_only(target)


def _make_read_only(target: Path) -> None:
    """Make a mount read-only with all that is mounted below it, and leave its other options as they are."""
    kernel = ctypes.CDLL(None, use_errno=True)
    attributes = (ctypes.c_uint64 * 4)(_RDONLY, 0, 0, 0)
    arguments = (ctypes.c_long(_AT_FDCWD), os.fsencode(target), ctypes.c_long(_AT_RECURSIVE), attributes)
    if kernel.syscall(ctypes.c_long(_MOUNT_SETATTR), *arguments, ctypes.c_long(ctypes.sizeof(attributes))) == 0:
        return
    reason = ctypes.get_errno()
    if reason != errno.ENOSYS:
        raise OSError(reason, os.strerror(reason), str(target))
    _mount("-o", "remount,bind,ro", target)  # kernels before 5.12: the mount itself, not what is mounted below it


def _mount(*arguments: str | Path) -> None:
    shell.run(["mount", *arguments])
