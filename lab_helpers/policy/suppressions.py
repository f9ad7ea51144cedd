"""Findings that somebody accepted, with a written reason: in the file itself, or in ``.lab-lint.toml``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from lab_helpers import schema
from lab_helpers.policy.files import File
from lab_helpers.policy.finding import Finding

__all__ = ["FILE", "Suppression", "inline", "of_file"]

FILE = ".lab-lint.toml"
"""The file of suppressions, at the top of a repository."""

_MARK = re.compile(r"(?:#|//|--|;|/\*|<!--)[\s*-]*lab-lint:\s*ignore\[(?P<rules>[^\]\n]*)\](?P<reason>[^\n]*)")


@dataclass(frozen=True)
class Suppression:
    """Findings that somebody accepted.

    Attributes:
        rules: The ids of the rules.
        reason: Why; empty where it is not said.
        file: Where that stands.
        line: On which line.
        path: The files it holds for: a path, a pattern with ``*``, or a directory.
        target: The line it holds for; 0 for all.
    """

    rules: tuple[str, ...]
    reason: str
    file: str
    line: int
    path: str
    target: int = 0

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is one of those."""
        if finding.rule not in self.rules or self.target not in (0, finding.line):
            return False
        return fnmatchcase(finding.file, self.path) or finding.file.startswith(f"{self.path.rstrip('/')}/")


@dataclass(frozen=True)
class _Entry:
    rule: str
    path: str
    reason: str = ""


@dataclass(frozen=True)
class _Document:
    ignore: tuple[_Entry, ...] = ()


def of_file(root: Path) -> list[Suppression]:
    """Those of a repository's ``.lab-lint.toml``; none where there is no such file.

    Raises:
        LabError: It cannot be read; the message names the key.
    """
    file = root / FILE
    if not file.exists():
        return []
    entries = schema.read(_Document, file).ignore
    lines = [
        number
        for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1)
        if line.strip() == "[[ignore]]"
    ]
    lines += [1] * (len(entries) - len(lines))  # written as an inline list
    return [
        Suppression((entry.rule,), entry.reason.strip(), FILE, line, entry.path)
        for entry, line in zip(entries, lines, strict=False)
    ]


def inline(files: Iterable[File]) -> Iterator[Suppression]:
    """Those in comments, ``# lab-lint: ignore[rule] reason``: for their own line, or alone on it for the next."""
    for file in files:
        if "lab-lint:" not in file.text:
            continue
        for number, line in enumerate(file.lines, 1):
            mark = _MARK.search(line)
            if mark is None:
                continue
            rules = tuple(name.strip() for name in mark["rules"].split(",") if name.strip())
            reason = re.sub(r"\s*(?:\*/|-->)\s*$", "", mark["reason"]).strip(" :-")
            is_alone = not line[: mark.start()].strip()
            target = _next_line(file.lines, number) if is_alone else number
            yield Suppression(rules, reason, file.path, number, file.path, target)


def _next_line(lines: Sequence[str], number: int) -> int:
    """The first line after a comment that is no comment of this kind itself."""
    while number < len(lines) and _MARK.search(lines[number]):
        number += 1
    return number + 1
