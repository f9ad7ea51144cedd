"""What changed from version to version of the template, in words: the changelog that people read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lab_helpers import checkout

__all__ = ["FILE", "since", "versions"]

FILE = Path("docs/template.md")

_HEADING = re.compile(r"^## (\d+\.\d+\.\d+)\b.*$", re.MULTILINE)


def versions() -> list[str]:
    """The versions that it tells of, the newest first."""
    return [match[1] for match in _HEADING.finditer(_text())]


def since(version: str) -> Iterator[str]:
    """What it says of the versions after one, line by line, the newest first."""
    text = _text()
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    for heading, end in zip(headings, ends, strict=True):
        if heading[1] == version:
            return
        yield from text[heading.start() : end].strip().splitlines()


def _text() -> str:
    return (checkout.source_directory() / FILE).read_text(encoding="utf-8")
