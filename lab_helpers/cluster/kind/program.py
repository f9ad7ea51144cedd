"""kind's own program: the one on PATH where its version fits, else one built from the pinned module."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from lab_helpers import paths, shell
from lab_helpers.errors import LabError
from lab_helpers.files import content_key, once
from lab_helpers.language import gettext as _
from lab_helpers.programs import toolchain
from lab_helpers.versions import KIND

__all__ = ["find", "on_path"]

_DIRECTORY = Path(__file__).parent / "gobuild"
_VERSION = re.compile(r"\bv?(\d+\.\d+)\.\d+")
_PATIENCE = 5.0  # seconds a program on PATH has to tell its version


def find(report: Callable[[str], None]) -> Path:
    """The program; built in less than a minute where PATH has none that fits.

    Raises:
        LabError: It is not on PATH and cannot be built.
    """
    found = on_path()
    return found if found is not None else _built(report)


def on_path() -> Path | None:
    """The program on PATH if its version is the pinned one, but for the patch level."""
    program = shell.find("kind")
    if program is None:
        return None
    try:
        said = _VERSION.search(shell.run([program, "version"], timeout=_PATIENCE).stdout)
    except LabError:
        return None  # what cannot tell its version is passed over, as what is too old is
    return Path(program).absolute() if said and said[1] == KIND.rpartition(".")[0] else None


def _built(report: Callable[[str], None]) -> Path:
    def make(part: Path) -> None:
        report(_("building kind v{kind}").format(kind=KIND))
        go = toolchain.find().program
        command: list[str | Path] = [go, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", part, "tool"]
        shell.run(command, cwd=_DIRECTORY, env=toolchain.environment(), next_step="go env GOPROXY")

    key = content_key(_DIRECTORY / "go.mod", _DIRECTORY / "go.sum")
    (paths.cache_directory() / "kind").mkdir(parents=True, exist_ok=True)
    return once(paths.cache_directory() / "kind" / f"kind-{key}", make)
