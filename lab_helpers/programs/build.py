"""Programs out of ``go build``, from the modules that go.mod and go.sum pin."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from lab_helpers.language import gettext as _
from lab_helpers.programs import modules, store, toolchain
from lab_helpers.programs.compilation import Compilation
from lab_helpers.programs.programs import PROGRAMS, Program
from lab_helpers.programs.progress import Paced

__all__ = ["cached", "make"]


def cached(program: Program) -> Path | None:
    """The program as it was built before from the same pins with the same flags."""
    return store.find(_key(), program.name)


def make(programs: Collection[Program], scratch: Path, report: Callable[[str], None]) -> dict[str, Path]:
    """Build the programs.

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
    with Paced(report) as progress:
        compilation = Compilation(go.program, scratch, progress)
        with compilation.ahead(_flags()):
            for group in groups:
                compilation.load([program.package for program in group])
        for group in groups:
            compilation.build([program.package for program in group], _flags())
    for program in programs:
        if program.link_name:
            (scratch / program.link_name).rename(scratch / program.name)
    return store.publish(scratch, [program.name for program in programs], _key())


def _groups(programs: Collection[Program]) -> list[list[Program]]:
    together = [program for program in programs if not program.builds_alone]
    return [*([together] if together else []), *([program] for program in programs if program.builds_alone)]


def _flags() -> Sequence[str]:
    # Neither paths nor debug information: the same pins make the same bytes in any checkout, half the size.
    return (
        "-trimpath",
        "-buildvcs=false",
        "-gcflags=all=-dwarf=false",
        "-ldflags=" + " ".join(["-s", "-w", *(f"-X={name}={value}" for name, value in _stamps().items())]),
    )


def _stamps() -> dict[str, str]:
    """The variables by which a program knows its version where its source does not hold it."""
    kubernetes = modules.version("k8s.io/kubernetes")
    major, minor, _ = kubernetes.split(".", 2)
    base = "k8s.io/component-base/version"
    return {
        f"{base}.gitVersion": f"v{kubernetes}",
        f"{base}.gitMajor": major,
        f"{base}.gitMinor": minor,
        f"{base}.gitTreeState": "clean",
        "github.com/containerd/containerd/v2/version.Version": "v"
        + modules.version("github.com/containerd/containerd/v2"),
        "main.VERSION": "v" + modules.version("github.com/rancher/local-path-provisioner"),
    }


def _key() -> str:
    """What names the result: all that goes into it, but for the toolchain, any that fits will do."""
    digest = hashlib.sha256()
    for file in modules.files():
        digest.update(file.read_bytes())
    digest.update(repr((platform.machine(), _flags(), PROGRAMS)).encode())
    return f"build-{digest.hexdigest()[:16]}"
