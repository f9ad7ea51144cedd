"""Debian packages, fetched and unpacked into the cache without installing them, which needs no root."""

from __future__ import annotations

import platform
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import shell
from lab_helpers.errors import LabError
from lab_helpers.files import content_key, once
from lab_helpers.language import gettext as _
from lab_helpers.paths import cache_directory

__all__ = ["Packages", "unpack"]


@dataclass(frozen=True)
class Packages:
    """Packages unpacked over each other, as they would lie on a machine.

    Attributes:
        root: What ``/`` would be.
        versions: One line a package, as in ``libc6_2.36-9+deb12u14_amd64``.
    """

    root: Path
    versions: tuple[str, ...]


def unpack(*names: str) -> Packages:
    """Fetch packages of this machine's own Debian release and unpack them.

    They are fetched once: a later version in the archive changes nothing until the cache is cleaned.

    Raises:
        LabError: There is no apt here, or it cannot fetch one of them.
    """
    release = platform.freedesktop_os_release()
    key = content_key(release["ID"], release.get("VERSION_ID", ""), platform.machine(), *sorted(names))
    directory = once(cache_directory() / "debian" / f"{names[0]}-{key}", lambda part: _fetch(names, part))
    return Packages(directory / "root", tuple((directory / "versions").read_text().split()))


def _fetch(names: tuple[str, ...], directory: Path) -> None:
    if shell.find("apt-get") is None or shell.find("dpkg-deb") is None:
        raise LabError(
            _("comes from a Debian package and this machine has no apt"),
            object=", ".join(names),
            next_step=_("use Debian or Ubuntu, or a machine that reaches an image registry"),
        )
    directory.mkdir()
    with tempfile.TemporaryDirectory(dir=directory) as downloads:
        # Without its sandbox user apt needs no directory that this user could write to.
        apt = ["apt-get", "--quiet", "--option", "APT::Sandbox::User=root", "download", *names]
        shell.run(apt, cwd=Path(downloads), next_step="apt-get update")
        archives = sorted(Path(downloads).glob("*.deb"))
        for archive in archives:
            shell.run(["dpkg-deb", "--extract", archive, directory / "root"])
        (directory / "versions").write_text("".join(f"{archive.stem}\n" for archive in archives))
