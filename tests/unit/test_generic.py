"""The package and what tests share know no lab and no application: what is one lab's lies in labs/, app/ and infra/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab_helpers.checkout import source_directory

_ROOT = source_directory()
# 99 is the tests' own lab.
_NAMES = re.compile(r"(prj|lab)[-_](?!99)\d\d(?!\d)", re.IGNORECASE)
_SUFFIXES = {".css", ".go", ".j2", ".js", ".json", ".mod", ".py", ".sh", ".toml", ".yaml"}
# Catalogues say where each of their messages comes from. The drill rebuilds the template's own production,
# and its proofs are what the applications answer.
_FILES = [
    path
    for path in (*(_ROOT / "lab_helpers").rglob("*"), *(_ROOT / "tests").glob("*.py"))
    if path.suffix in _SUFFIXES and not {"locale", "drill"} & set(path.parts)
]


def named(file: Path) -> list[str]:
    """The lines of a file that name a lab or an application, each as ``FILE:LINE: TEXT``."""
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    return [f"{file}:{number}: {line.strip()}" for number, line in lines if _NAMES.search(line)]


def test_no_lab_and_no_application_is_named() -> None:
    assert len(_FILES) > 100
    assert [line for file in _FILES for line in named(file)] == []


@pytest.mark.parametrize("name", ["prj-02", "prj_01", "lab_05_first_deploy", "lab-03"])
def test_a_name_is_seen_with_file_and_line(name: str, tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text(f'"""One."""\n\nNAMESPACE = "{name}"\n')
    assert named(file) == [f'{file}:3: NAMESPACE = "{name}"']
