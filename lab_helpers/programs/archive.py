"""Programs out of Kubernetes' official release archive, once its digest is the pinned one."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import tarfile
from collections.abc import Callable, Collection
from pathlib import Path

from lab_helpers import versions
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.programs import store
from lab_helpers.programs.download import Unreachable, pieces
from lab_helpers.programs.programs import Program
from lab_helpers.programs.progress import Paced

__all__ = ["cached", "make"]

_MEGABYTE = 1_000_000
_ARCHIVED = "kubernetes"  # the directory all of whose programs the archive holds


def cached(program: Program) -> Path | None:
    """The program as it was unpacked before from the archive of this machine."""
    pinned = versions.SERVER_ARCHIVES.get(platform.machine())
    return store.find(_key(pinned), program.name) if pinned and program.module.name == _ARCHIVED else None


def make(programs: Collection[Program], scratch: Path, report: Callable[[str], None]) -> dict[str, Path]:
    """Download, verify and unpack the archive if it holds one of the programs; empty if it is out of reach.

    Raises:
        LabError: The archive's digest is not the pinned one, or LAB_RELEASES_URL is no URL.
    """
    base = os.environ.get("LAB_RELEASES_URL", versions.RELEASES_URL).rstrip("/")
    archived = next((program.module for program in programs if program.module.name == _ARCHIVED), None)
    if not base or archived is None:
        return {}
    if not base.startswith(("http://", "https://")):
        raise LabError(
            _("must be an http:// or https:// URL"),
            object=f"LAB_RELEASES_URL={base}",
            next_step="unset LAB_RELEASES_URL",
        )
    pinned = versions.SERVER_ARCHIVES[platform.machine()]
    try:
        file = _download(f"{base}/{pinned.path}", pinned, scratch, report)
    except Unreachable as error:
        report(_("{error}; building instead").format(error=error))
        return {}
    # All that it holds: what PATH has today may be gone tomorrow, and the download is the dear part.
    report(_("unpacking {name}").format(name=file.name))
    _unpack(file, archived.packages, scratch)
    return store.publish(scratch, archived.packages, _key(pinned))


def _key(pinned: versions.Archive) -> str:
    return f"archive-{pinned.sha512[:16]}"


def _download(url: str, pinned: versions.Archive, scratch: Path, report: Callable[[str], None]) -> Path:
    file, digest, received = scratch / url.rpartition("/")[2], hashlib.sha512(), 0
    with file.open("wb") as out, Paced(report) as progress:
        for piece, total in pieces(url):
            digest.update(piece)
            out.write(piece)
            received += len(piece)
            progress(
                _("downloading {name}: {received} of {total} MB").format(
                    name=file.name, received=received // _MEGABYTE, total=total // _MEGABYTE
                )
            )
    if digest.hexdigest() != pinned.sha512:
        raise LabError(
            _("has the SHA-512 digest {hexdigest}, expected {sha512} (from {source})").format(
                hexdigest=digest.hexdigest(), sha512=pinned.sha512, source=pinned.source
            ),
            object=url,
            next_step=_("set LAB_RELEASES_URL to a mirror that you trust, or to nothing to build instead"),
        )
    return file


def _unpack(file: Path, names: Collection[str], scratch: Path) -> None:
    missing = {f"kubernetes/server/bin/{name}": name for name in names}
    with tarfile.open(file, "r|gz") as members:
        for member in members:
            name = missing.pop(member.name, None)
            content = members.extractfile(member) if name else None
            if name and content:
                with content, (scratch / name).open("wb") as out:
                    shutil.copyfileobj(content, out)
            if not missing:
                return  # the container images that follow are of no use here
