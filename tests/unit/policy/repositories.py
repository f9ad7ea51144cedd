"""Repositories written in one file each: what a lint finds in them stands behind ``#!`` on its line."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["NAMES", "expected", "unpack"]

_DIRECTORY = Path(__file__).with_name("repositories")
_FILE = re.compile(r"^=== (?P<path>\S+)\n", re.MULTILINE)
_MARK = re.compile(r"[ \t]*#! (?P<rules>[\w, -]+)$")

NAMES = sorted(file.stem for file in _DIRECTORY.glob("*.repo"))


def unpack(name: str, root: Path) -> Path:
    """Write the files of a repository."""
    for path, text in _files(name).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def expected(name: str) -> list[tuple[str, str, int]]:
    """The findings that a repository has: rule, file and line."""
    return sorted(
        (rule, path, number)
        for path, text in _files(name).items()
        for number, line in enumerate(text.splitlines(), 1)
        if (mark := _MARK.search(line))
        for rule in re.split(r",\s*", mark["rules"])
    )


def _files(name: str) -> dict[str, str]:
    _before, *parts = _FILE.split((_DIRECTORY / f"{name}.repo").read_text())
    return dict(zip(parts[::2], parts[1::2], strict=True))
