"""Make a bundle: one archive of all that `make lab` needs on a machine without a network."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import checkout as checkouts
from lab_helpers import paths, shell, versions
from lab_helpers.distribution import contents, makefile, revision
from lab_helpers.distribution.bundle import archive, compression, environment, packages
from lab_helpers.distribution.bundle.archive import Archive
from lab_helpers.distribution.bundle.manifest import Manifest
from lab_helpers.errors import LabError
from lab_helpers.files import workplace
from lab_helpers.language import gettext as _

__all__ = ["create"]

_Report = Callable[[str], None]

_INSTALLER = Path(__file__).with_name("install.sh")
# What one types there, and what unpacks the entries.
_TOOLS = ("make", "zstd")


@dataclass(frozen=True)
class _Draft:
    """A bundle while it is written.

    Attributes:
        archive: What is written.
        checkout: What it is made of.
        scratch: A directory for what is about to be added.
        report: Told what happens.
    """

    archive: Archive
    checkout: Path
    scratch: Path
    report: _Report


def create(path: Path, report: _Report) -> Manifest:
    """Write a bundle, and fetch or build first what the cache lacks.

    Args:
        path: The file; one that is there is replaced once the new one is whole.
        report: Told what happens.

    Raises:
        LabError: The checkout has something that is not committed, or a part is not to be had.
        Unwritable: No such directory, no right, no space.
    """
    checkout = checkouts.source_directory()
    commit = revision.committed(checkout)
    entries = contents.entries(report)
    names = (*_TOOLS, *makefile.value(checkout, "DEBIAN_PACKAGES").split())
    # First the workplace: whoever waits for it does not write over the bundle of whoever has it.
    with workplace(paths.cache_directory() / "bundle") as scratch, archive.writing(path) as file:
        draft = _Draft(file, checkout, scratch, report)
        file.add(_INSTALLER.name, _INSTALLER)
        _add_checkout(draft)
        _add_packages(draft, names)
        _add_environment(draft)
        _expect_unchanged(checkout, commit)
        _add_entries(draft, entries)
        manifest = Manifest(
            version=versions.TEMPLATE,
            revision=commit,
            release=_release(),
            architecture=shell.run(["dpkg", "--print-architecture"]).stdout.strip(),
            packages=names,
            members=tuple(file.members),
        )
        file.finish(manifest)
    return manifest


def _release() -> str:
    release = platform.freedesktop_os_release()
    return f"{release['ID']} {release.get('VERSION_ID', '')}".strip()


def _add_checkout(draft: _Draft) -> None:
    draft.report(_("adding the checkout"))
    file = draft.scratch / "checkout.bundle"
    size = revision.write(draft.checkout, file)
    draft.archive.add(file.name, file, installed_bytes=size)


def _expect_unchanged(checkout: Path, commit: str) -> None:
    if revision.committed(checkout) != commit:
        raise LabError(
            _("has another commit than when this began"), object=str(checkout), next_step="lab bundle create"
        )


def _add_packages(draft: _Draft, names: Sequence[str]) -> None:
    draft.report(_("adding Debian packages"))
    directory = draft.scratch / "packages"
    directory.mkdir()
    for file in packages.write(directory, names):
        draft.archive.add(f"{directory.name}/{file.name}", file, installed_bytes=packages.installed_bytes(file))


def _add_environment(draft: _Draft) -> None:
    draft.report(_("adding the Python environment"))
    place = Path("environment", makefile.value(draft.checkout, "ENVIRONMENT_KEY"))
    environment.write(draft.scratch / place, draft.checkout, makefile.value(draft.checkout, "UV_VERSION"))
    # Twice: once in the cache, and once where it is installed from there.
    _add_entry(draft, draft.scratch, place, copies=2)


def _add_entries(draft: _Draft, entries: Sequence[Path]) -> None:
    for number, entry in enumerate(entries, 1):
        progress = _("adding {number} of {count}: {entry}")
        draft.report(progress.format(number=number, count=len(entries), entry=entry))
        _add_entry(draft, paths.cache_directory(), entry)


def _add_entry(draft: _Draft, root: Path, entry: Path, *, copies: int = 1) -> None:
    file = draft.scratch / "entry"
    size = compression.pack(root, entry, file)
    draft.archive.add(f"cache/{entry}.tar.zst", file, installed_bytes=size * copies)
    file.unlink()
