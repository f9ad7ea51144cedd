"""The Debian packages that a machine needs, as a repository for apt that lies in a directory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from lab_helpers import shell
from lab_helpers.images import debian

__all__ = ["installed_bytes", "write"]

_INDEX = "Packages"


def write(directory: Path, names: Sequence[str]) -> list[Path]:
    """Fetch packages with all that they depend on, and index them.

    Returns:
        The archives and their index, which name each other by their file names.

    Raises:
        LabError: There is no apt here, or it cannot fetch one of them.
    """
    # In the names of files apt escapes the colon of an epoch, and would escape that again where it reads them.
    archives = [archive.rename(_plain(archive)) for archive in debian.download(directory, *names)]
    index = directory / _INDEX
    index.write_text("\n".join(map(_entry, archives)), encoding="utf-8")
    return [index, *archives]


def installed_bytes(archive: Path) -> int:
    """What a package takes on the disk, with its archive; of the index, nothing."""
    if archive.name == _INDEX:
        return 0
    return int(_field(archive, "Installed-Size")) * 1024 + archive.stat().st_size


def _plain(archive: Path) -> Path:
    return archive.with_name(archive.name.replace("%3a", "-"))


def _entry(archive: Path) -> str:
    return "".join(f"{line}\n" for line in _lines(archive))


def _lines(archive: Path) -> Iterator[str]:
    yield _field(archive)
    yield f"Filename: ./{archive.name}"
    yield f"Size: {archive.stat().st_size}"
    with archive.open("rb") as file:
        yield f"SHA256: {hashlib.file_digest(file, 'sha256').hexdigest()}"


def _field(archive: Path, *names: str) -> str:
    """One field of a package, or, without a name, all that it says of itself."""
    return shell.run(["dpkg-deb", "--field", archive, *names]).stdout.strip()
