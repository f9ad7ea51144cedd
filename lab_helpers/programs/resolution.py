"""The order in which programs are looked for: PATH, cache, official archive, build."""

from __future__ import annotations

import platform
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lab_helpers import versions
from lab_helpers.errors import LabError, Unwritable
from lab_helpers.language import gettext as _
from lab_helpers.programs import archive, build, proxy, store, toolchain
from lab_helpers.programs.programs import Program, on_path, select

__all__ = ["ProgramSource", "Programs", "can_build", "find", "missing", "pinned", "resolve"]


class ProgramSource(StrEnum):
    """Where a program came from."""

    PATH = "PATH"
    CACHE = "cache"
    ARCHIVE = "archive"
    BUILD = "go build"


@dataclass(frozen=True, eq=False)
class Programs(Mapping[str, Path]):
    """Programs that can be run: name to absolute path.

    Attributes:
        paths: That mapping.
        sources: Where each came from.
    """

    paths: Mapping[str, Path]
    sources: Mapping[str, ProgramSource]

    def __getitem__(self, name: str) -> Path:
        return self.paths[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths)

    def __len__(self) -> int:
        return len(self.paths)


_Located = dict[str, tuple[Path, ProgramSource]]


def resolve(report: Callable[[str], None], *names: str) -> Programs:
    """Find the programs of these names; fetch or build what neither PATH nor the cache has, and nothing else.

    The first time takes minutes, later ones a fraction of a second; several labs at once do the work once.

    Args:
        report: Told what happens; at most about one line a second.
        names: Which: the directories of this package declare them (see ``ToolModule``).

    Raises:
        LabError: There is no such program, an archive has a wrong digest, or one can neither be fetched nor built.
    """
    programs = select(names)
    located = _look(programs)
    if absent := _absent(located, programs):
        located |= _make(absent, report)
    return _programs(located, names)


def find(*names: str) -> Programs:
    """Those of the programs that PATH or the cache has; nothing is fetched or built."""
    located = _look(select(names))
    return _programs(located, located)


def missing(*names: str) -> tuple[str, ...]:
    """Those of the programs that neither PATH nor the cache has; nothing is fetched or built."""
    located = find(*names)
    return tuple(name for name in names if name not in located)


def pinned(*names: str) -> list[str]:
    """What names the builds of the programs: each changes with all that goes into it, and nothing is built for it."""
    return [build.key(program.module) for program in select(names)]


def can_build(*names: str) -> str | None:
    """Why the programs could not be built here, and the way out; None where nothing speaks against it."""
    try:
        _check_machine()
        proxy.reach(toolchain.find(), [program.module for program in select(names)])
    except LabError as error:
        return f"{error.object}: {error.reason}; {error.next_step}"
    return None


def _programs(located: _Located, names: Collection[str]) -> Programs:
    return Programs({name: located[name][0] for name in names}, {name: located[name][1] for name in names})


def _look(programs: Collection[Program]) -> _Located:
    located = _tagged(on_path(programs), ProgramSource.PATH)
    return located | _cached(_absent(located, programs))


def _absent(located: _Located, programs: Collection[Program]) -> list[Program]:
    return [program for program in programs if program.name not in located]


def _tagged(paths: Mapping[str, Path], source: ProgramSource) -> _Located:
    return {name: (path, source) for name, path in paths.items()}


def _cached(programs: Collection[Program]) -> _Located:
    paths = {program.name: archive.cached(program) or build.cached(program) for program in programs}
    return _tagged({name: path for name, path in paths.items() if path}, ProgramSource.CACHE)


def _make(absent: Collection[Program], report: Callable[[str], None]) -> _Located:
    _check_machine()
    try:
        with store.exclusive(report) as scratch:
            located = _cached(absent)  # another lab may have made them while this one waited for its turn
            for way, source in ((archive.make, ProgramSource.ARCHIVE), (build.make, ProgramSource.BUILD)):
                located |= _tagged(way(_absent(located, absent), scratch, report), source)
            return located
    except OSError as error:
        path, next_step = Path(error.filename or store.root()), f"df -h {store.root().parent}"
        raise Unwritable(path, error, next_step=next_step) from error


def _check_machine() -> None:
    if platform.machine() not in versions.SERVER_ARCHIVES:
        raise LabError(
            _("the lab has no programs for it, only for {machines}").format(
                machines=", ".join(versions.SERVER_ARCHIVES)
            ),
            object=platform.machine(),
            next_step=_("use another machine, or another provider"),
        )
