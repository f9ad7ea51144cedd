"""What the own lint says of names, with planted files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.names import vague_names


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("found = 1", "found"),
        ("def f(told: str) -> None: ...", "told"),
        ("class A:\n    seen: int", "seen"),
        ("class A:\n    def f(self) -> None:\n        self._kept = 1", "_kept"),
        ("names = [one for one in names]", "one"),
        ("def made() -> int: ...", "made"),
        ("try:\n    f()\nexcept ValueError as left: ...", "left"),
        ("match x:\n    case {'a': what}: ...", "what"),
        ("import re as here", "here"),
        ("if given := f(): ...", "given"),
    ],
)
def test_a_name_that_says_nothing_is_named_with_its_line(source: str, name: str, tmp_path: Path) -> None:
    file = tmp_path / "labs" / "lab_01_first" / "checks.py"
    file.parent.mkdir(parents=True)
    file.write_text(f"\n{source}\n")
    line = source.splitlines().index(next(line for line in source.splitlines() if name in line)) + 2
    assert vague_names(tmp_path) == [
        f"labs/lab_01_first/checks.py:{line}: {name}: name what it holds, with the noun of the field"
    ]


def test_a_key_of_files_and_a_use_are_no_findings(tmp_path: Path) -> None:
    file = tmp_path / "lab_helpers" / "errors.py"
    file.parent.mkdir()
    file.write_text("class CheckFailed:\n    seen: str\n\nprint(found, value.told, call(what=1))\n")
    assert vague_names(tmp_path) == []
