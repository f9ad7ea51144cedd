"""The order in which the programs are looked for: PATH, cache, official archive, build."""

from __future__ import annotations

import platform
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lab_helpers import versions
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.programs import archive, build, proxy, store, toolchain
from lab_helpers.programs.programs import PROGRAMS, Program, on_path

__all__ = ["Binaries", "Source", "can_build", "missing", "resolve"]


class Source(StrEnum):
    """Where a program came from."""

    PATH = "PATH"
    CACHE = "cache"
    ARCHIVE = "archive"
    BUILD = "go build"


@dataclass(frozen=True, eq=False)
class Binaries(Mapping[str, Path]):
    """The programs of the embedded cluster: name to absolute path.

    Attributes:
        paths: That mapping.
        sources: Where each came from.
    """

    paths: Mapping[str, Path]
    sources: Mapping[str, Source]

    def __getitem__(self, name: str) -> Path:
        return self.paths[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def __len__(self) -> int:
        return len(self.paths)


_Found = dict[str, tuple[Path, Source]]


def resolve(report: Callable[[str], None], *names: str) -> Binaries:
    """Find every program, or those named; fetch or build what neither PATH nor the cache has.

    The first time takes minutes, later ones a fraction of a second; several labs at once do the work once.

    Args:
        report: Told what happens; at most about one line a second.
        names: Which programs; by default all.

    Raises:
        LabError: An archive has a wrong digest, or a program can neither be fetched nor built.
    """
    wanted = [program for program in PROGRAMS if not names or program.name in names]
    found = _look(wanted)
    if absent := _absent(found, wanted):
        found |= _make(absent, report)
    return Binaries(
        paths={name: path for name, (path, _) in found.items()},
        sources={name: source for name, (_, source) in found.items()},
    )


def missing() -> tuple[str, ...]:
    """The programs that neither PATH nor the cache has; nothing is fetched or built."""
    return tuple(program.name for program in _absent(_look(PROGRAMS), PROGRAMS))


def can_build() -> str | None:
    """Why a build cannot work here, and the way out; None where nothing speaks against it."""
    try:
        _check_machine()
        proxy.reach(toolchain.find())
    except LabError as error:
        return f"{error.object}: {error.reason}; {error.next_step}"
    return None


def _look(wanted: Collection[Program]) -> _Found:
    found = _tagged(on_path(wanted), Source.PATH)
    return found | _cached(_absent(found, wanted))


def _absent(found: _Found, wanted: Collection[Program]) -> list[Program]:
    return [program for program in wanted if program.name not in found]


def _tagged(found: Mapping[str, Path], source: Source) -> _Found:
    return {name: (path, source) for name, path in found.items()}


def _cached(programs: Collection[Program]) -> _Found:
    looked = {program.name: archive.cached(program) or build.cached(program) for program in programs}
    return _tagged({name: path for name, path in looked.items() if path}, Source.CACHE)


def _make(absent: Collection[Program], report: Callable[[str], None]) -> _Found:
    _check_machine()
    try:
        with store.exclusive(report) as scratch:
            found = _cached(absent)  # another lab may have made them while this one waited for its turn
            for way, source in ((archive.make, Source.ARCHIVE), (build.make, Source.BUILD)):
                left = [program for program in absent if program.name not in found]
                found |= _tagged(way(left, scratch, report), source)
            return found
    except OSError as error:
        raise LabError(
            _("cannot be written: {error}").format(error=error.strerror or error),
            object=str(error.filename or store.root()),
            next_step=f"df -h {store.root().parent}",
        ) from error


def _check_machine() -> None:
    if platform.machine() not in versions.SERVER_ARCHIVES:
        raise LabError(
            _("the embedded cluster has no programs for it, only for {machines}").format(
                machines=", ".join(versions.SERVER_ARCHIVES)
            ),
            object=platform.machine(),
            next_step=_("use another machine, or another provider"),
        )
