"""The programs that clusters and add-ons are made of, and how one found on PATH tells whether it fits."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import cache, shell
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.programs import modules
from lab_helpers.programs.modules import ToolModule

__all__ = ["Program", "names", "on_path", "select"]

_PATIENCE = 5.0  # seconds a program on PATH has to tell its version


@dataclass(frozen=True)
class Program:
    """One program.

    Attributes:
        name: As it is called.
        package: The main package it is built from.
        module: The directory whose pins it is built from.
    """

    name: str
    package: str
    module: ToolModule

    @property
    def version_arguments(self) -> tuple[str, ...]:
        """What makes it tell its version; empty where only the pinned build will do."""
        return tuple(self.module.path.get(self.name, "").split())


def names() -> list[str]:
    """What programs there are."""
    return sorted(_all())


def select(names: Collection[str]) -> list[Program]:
    """The programs of these names, each once.

    Raises:
        LabError: There is none of such a name.
    """
    programs = _all()
    for name in names:
        if name not in programs:
            raise LabError(
                _("no directory of {directory} has a go.mod with such a tool").format(directory=modules.DIRECTORY),
                object=name,
                next_step=f"ls {modules.DIRECTORY}   # {', '.join(sorted(programs))}",
            )
    return [programs[name] for name in dict.fromkeys(names)]


def _all() -> dict[str, Program]:
    return {
        name: Program(name, package, module)
        for module in modules.tool_modules()
        for name, package in module.packages.items()
    }


def on_path(programs: Iterable[Program]) -> dict[str, Path]:
    """Those that PATH has with the pinned major and minor version, asked side by side."""
    if cache.is_noting():
        return {}
    candidates = [
        (program, path) for program in programs if program.version_arguments and (path := shell.find(program.name))
    ]
    if not candidates:
        return {}
    with ThreadPoolExecutor(len(candidates)) as pool:
        answers = zip(candidates, pool.map(_fits, *zip(*candidates, strict=True)), strict=True)
        return {program.name: Path(path).absolute() for (program, path), fits in answers if fits}


@functools.cache  # starting a program costs a tenth of a second, and one command looks several times
def _fits(program: Program, path: str) -> bool:
    try:
        answer = shell.run([path, *program.version_arguments], timeout=_PATIENCE).stdout
    except LabError:
        return False  # whatever cannot tell its version in time is passed over, as what is too old is
    version, pinned = modules.parts(answer), modules.parts(program.module.version)
    return bool(version and pinned and version[:2] == pinned[:2])
