"""containerd's store with the system images already in it: unpacked once, then linked into each new node.

Importing them costs a new node a second of processor time and 300 MB of writes while its API server starts. Every
file in the store is named by its content and never changed again, except the two databases, so links will do.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab_helpers import cache, paths, shell, wait
from lab_helpers.cluster.base import Report
from lab_helpers.cluster.embedded import privileged
from lab_helpers.cluster.embedded.configuration import toml_string
from lab_helpers.errors import CommandFailed
from lab_helpers.files import content_key, once
from lab_helpers.language import gettext as _

__all__ = ["link", "prepared"]

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
# Unpacking mounts; in a mount namespace of its own no mount outlives the process.
_OWN = (*privileged.ENVIRONMENT, "unshare", "--mount", "--")


def prepared(binaries: Mapping[str, Path], archives: Sequence[Path], snapshotter: str, report: Report) -> Path | None:
    """The store, made at first use; None where this process is not root and every node has to import by itself."""
    if os.geteuid() != 0:
        return None

    def make(part: Path) -> None:
        report(_("unpacking the system images"))
        _unpack(binaries, archives, snapshotter, part)

    key = content_key(*map(cache.name, archives), cache.name(binaries["containerd"]), snapshotter)
    return once(paths.cache_directory() / "images" / f"store-{key}", make)


def link(store: Path, directory: Path) -> None:
    """Give a node the store as its own, before its containerd starts."""
    directory.mkdir(parents=True, exist_ok=True)
    copy = ["cp", "--archive"]
    try:
        shell.run([*copy, "--link", f"{store}/.", directory])
    except CommandFailed:  # the cache lies on another file system
        shell.run([*copy, "--reflink=auto", "--force", f"{store}/.", directory])
    for database in directory.glob("*/*.db"):
        own = database.with_suffix(".own")
        shutil.copy2(database, own)
        own.replace(database)


def _unpack(binaries: Mapping[str, Path], archives: Sequence[Path], snapshotter: str, root: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="lab-") as directory:
        socket, config = Path(directory) / "containerd.sock", Path(directory) / "containerd.toml"
        config.write_text(
            f"version = 3\nroot = {toml_string(root)}\nstate = {toml_string(f'{directory}/state')}\n"
            f'disabled_plugins = ["io.containerd.cri.v1.images", "io.containerd.grpc.v1.cri"]\n'
            f"[grpc]\naddress = {toml_string(socket)}\n",
            encoding="utf-8",
        )
        with (Path(directory) / "log").open("w") as log:
            argv = [*_OWN, str(binaries["containerd"]), f"--config={config}", "--log-level=warn"]
            containerd = shell.start(argv, stdout=log, stderr=log)
        try:
            wait.until(socket.exists, seconds=_START_SECONDS, outcome="listen", object="containerd")
            ctr = [*_OWN, str(binaries["ctr"]), f"--address={socket}", "--namespace=k8s.io", "images", "import"]
            for archive in archives:
                shell.run([*ctr, "--local", f"--snapshotter={snapshotter}", archive])
        finally:
            containerd.terminate()
            containerd.wait(timeout=_STOP_SECONDS)
