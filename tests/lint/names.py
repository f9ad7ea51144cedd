"""Find variables, parameters, attributes and functions whose name says nothing about their value."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

__all__ = ["vague_names"]

_VAGUE = frozenset(
    (
        "asked",
        "called",
        "found",
        "given",
        "here",
        "kept",
        "left",
        "made",
        "meant",
        "now",
        "one",
        "seen",
        "told",
        "wanted",
        "what",
    )
)

# Keys of events, records and JSON output, which files of earlier versions hold; an attribute mirrors its key.
_KEYS = {
    "lab_helpers/cluster/findings.py": {"seen"},
    "lab_helpers/cluster/record.py": {"kept", "made"},
    "lab_helpers/errors.py": {"seen"},
    "lab_helpers/run/report/results.py": {"seen"},
    "lab_helpers/workbook/learner/progress.py": {"seen"},
}


def vague_names(root: Path) -> list[str]:
    """The vague names in a checkout's Python files, one a line with file and line number."""
    files = sorted(file for part in ("lab_helpers", "labs", "tests") for file in (root / part).rglob("*.py"))
    names = [(file.relative_to(root).as_posix(), *name) for file in files for name in _names(file)]
    return [
        f"{file}:{line}: {name}: name what it holds, with the noun of the field"
        for file, line, name in names
        if name.strip("_") in _VAGUE - _KEYS.get(file, set())
    ]


def _names(file: Path) -> Iterator[tuple[int, str]]:
    """Every name that a file binds, with its line."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ExceptHandler(name=str(name)):
                yield node.lineno, name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.alias(asname=str(name)):
                yield node.lineno, name
