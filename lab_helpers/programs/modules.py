"""What the go.mod of the embedded cluster pins."""

from __future__ import annotations

import functools
import re
from pathlib import Path

__all__ = ["DIRECTORY", "files", "go", "parts", "version"]

DIRECTORY = Path(__file__).parent / "gobuild"

_REQUIREMENT = re.compile(r"^\s*(?:require\s+)?(\S+) v(\S+)", re.MULTILINE)
_GO = re.compile(r"^go (\S+)$", re.MULTILINE)
_NUMBERS = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


@functools.cache
def _requirements() -> dict[str, str]:
    return dict(_REQUIREMENT.findall((DIRECTORY / "go.mod").read_text()))


def files() -> list[Path]:
    """All that a build is made from: the pins, and the main packages that lie beside them."""
    return [DIRECTORY / "go.mod", DIRECTORY / "go.sum", *sorted(DIRECTORY.glob("*/*.go"))]


def version(module: str) -> str:
    """The pinned version of a module, without its ``v``."""
    return _requirements()[module]


def go() -> str:
    """The oldest Go toolchain that builds it."""
    found = _GO.search((DIRECTORY / "go.mod").read_text())
    assert found is not None
    return found[1]


def parts(text: str) -> tuple[int, int, int] | None:
    """Major, minor and patch of the first version in a text, as in a program's answer; None without one."""
    found = _NUMBERS.search(text)
    return None if found is None else (int(found[1]), int(found[2]), int(found[3] or 0))
