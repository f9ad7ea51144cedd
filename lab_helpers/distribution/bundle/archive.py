"""The archive of a bundle: written in one pass, each file hashed on its way, and read again to compare."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from lab_helpers.distribution.bundle import manifest as manifests
from lab_helpers.distribution.bundle.manifest import Manifest, Member
from lab_helpers.errors import LabError, Unwritable
from lab_helpers.language import gettext as _

__all__ = ["Archive", "verify", "writing"]

_BLOCK = 1 << 20


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Hashed:
    """A file that is hashed as it is read."""

    def __init__(self, source: _Source) -> None:
        self._source = source
        self.digest = hashlib.sha256()

    def read(self, size: int = _BLOCK) -> bytes:
        content = self._source.read(size)
        self.digest.update(content)
        return content


class Archive:
    """An archive that is being written.

    Attributes:
        members: The files that are in it already.
    """

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.members: list[Member] = []

    def add(self, name: str, file: Path, *, installed_bytes: int = 0) -> None:
        """Add a file.

        Args:
            name: Its path in the archive.
            file: Where it is read.
            installed_bytes: What it takes on the disk of a machine that it is installed on.
        """
        size = file.stat().st_size
        with file.open("rb") as content:
            hashed = _Hashed(content)
            self._add(name, size, hashed)
        self.members.append(Member(name, size, installed_bytes, hashed.digest.hexdigest()))

    def finish(self, manifest: Manifest) -> None:
        """Add the manifest: an archive that was cut off has none."""
        content = str(manifest).encode()
        self._add(manifests.NAME, len(content), _Hashed(io.BytesIO(content)))

    def _add(self, name: str, size: int, content: _Hashed) -> None:
        member = tarfile.TarInfo(name)  # of user 0, mode 0644, at time 0: the same content makes the same archive
        member.size = size
        self._tar.addfile(member, content)


@contextmanager
def writing(path: Path) -> Iterator[Archive]:
    """Write an archive, which is there at the end of the block, or not at all.

    Raises:
        Unwritable: No such directory, no right, no space.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with tarfile.open(part, "w", format=tarfile.GNU_FORMAT) as tar:
            yield Archive(tar)
        part.replace(path)
    except OSError as error:
        raise Unwritable(path, error) from error
    finally:
        part.unlink(missing_ok=True)


def verify(path: Path) -> Manifest:
    """Read a whole bundle and compare it with its manifest.

    Args:
        path: The bundle.

    Raises:
        LabError: It is none, is cut off, or a file of it is missing or differs; the first of them is named.
        OSError: It cannot be read.
    """
    digests: dict[str, str] = {}
    text = ""
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                if content is None:
                    raise _damaged(path, _("{file} is not in its manifest").format(file=member.name))
                if member.name in digests:  # which of the two is installed?
                    raise _damaged(path, _("{file} differs from what was written").format(file=member.name))
                text, digests[member.name] = _read(member.name, content)
    except tarfile.ReadError as error:
        raise _cut_off(path, digests) from error
    if manifests.NAME not in digests:
        raise _cut_off(path, digests)
    return _compared(path, text, digests)


def _read(name: str, content: IO[bytes]) -> tuple[str, str]:
    """The text of the manifest, nothing of other files; and the digest."""
    if name == manifests.NAME:
        text = content.read()
        return text.decode(errors="replace"), ""
    hashed = _Hashed(content)
    while hashed.read():
        pass
    return "", hashed.digest.hexdigest()


def _compared(path: Path, text: str, digests: Mapping[str, str]) -> Manifest:
    try:
        manifest = Manifest.parse(text)
    except LabError as error:
        raise _damaged(path, f"{manifests.NAME}: {error.reason}") from error
    for member in manifest.members:
        if member.name not in digests:
            raise _damaged(path, _("{file} is missing").format(file=member.name))
        if digests[member.name] != member.sha256:
            raise _damaged(path, _("{file} differs from what was written").format(file=member.name))
    unknown = digests.keys() - {member.name for member in manifest.members} - {manifests.NAME}
    if unknown:
        raise _damaged(path, _("{file} is not in its manifest").format(file=min(unknown)))
    return manifest


def _damaged(path: Path, reason: str) -> LabError:
    return LabError(reason, object=str(path), next_step=_next_step())


def _cut_off(path: Path, digests: Mapping[str, str]) -> LabError:
    if not digests:
        return LabError(_("is no bundle"), object=str(path), next_step="lab bundle create")
    reason = _("is cut off or damaged behind {file}").format(file=list(digests)[-1])
    return LabError(reason, object=str(path), next_step=_next_step())


def _next_step() -> str:
    return _("copy it again from where it was made")
