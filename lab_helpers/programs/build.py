"""Programs out of ``go build``, each from the modules that the go.mod and go.sum of its directory pin."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from lab_helpers.language import gettext as _
from lab_helpers.programs import store, toolchain
from lab_helpers.programs.compilation import Compilation
from lab_helpers.programs.modules import ToolModule
from lab_helpers.programs.programs import Program
from lab_helpers.programs.progress import Paced

__all__ = ["cached", "key", "make"]

# Neither paths nor debug information: the same pins make the same bytes in any checkout, half the size. What compiles
# a package is the same for every program, so that the build cache has it once for all that import it.
_COMPILER = ("-trimpath", "-buildvcs=false", "-gcflags=all=-dwarf=false")


def cached(program: Program) -> Path | None:
    """The program as it was built before from the same pins with the same flags."""
    return store.find(key(program.module), program.name)


def key(module: ToolModule) -> str:
    """What names the result: all that goes into it, but for the toolchain, any that fits will do."""
    digest = hashlib.sha256()
    for file in module.files:
        digest.update(file.read_bytes())
    digest.update(repr((platform.machine(), _flags(module), dict(module.packages))).encode())
    return f"build-{digest.hexdigest()[:16]}"


def make(programs: Collection[Program], scratch: Path, report: Callable[[str], None]) -> dict[str, Path]:
    """Build the programs; those of one directory are in the cache before the next one's are built.

    Raises:
        LabError: There is no toolchain, a module cannot be downloaded, or a program does not compile.
    """
    if not programs:
        return {}
    go = toolchain.find()
    report(
        _("building {programs} with Go {version}").format(
            programs=", ".join(program.name for program in programs), version=go.version
        )
    )
    groups = _groups(programs)
    built: dict[str, Path] = {}
    with Paced(report) as progress:
        compilation = Compilation(go.program, scratch, progress)
        with compilation.ahead(_COMPILER):
            for module, packages in groups.items():
                compilation.load(module.directory, list(packages.values()), _tags(module))
        for module, packages in groups.items():
            binaries = compilation.build(module.directory, packages, _flags(module))
            built |= store.publish(binaries, packages, key(module))
    return built


def _groups(programs: Collection[Program]) -> dict[ToolModule, dict[str, str]]:
    """The packages by program, of each directory."""
    groups: dict[ToolModule, dict[str, str]] = {}
    for program in programs:
        groups.setdefault(program.module, {})[program.name] = program.package
    return groups


def _flags(module: ToolModule) -> Sequence[str]:
    variables = (f"-X={name}={value}" for name, value in module.variables.items())
    return (*_COMPILER, *_tags(module), "-ldflags=" + " ".join(["-s", "-w", *variables]))


def _tags(module: ToolModule) -> Sequence[str]:
    return (f"-tags={module.tags}",) if module.tags else ()
