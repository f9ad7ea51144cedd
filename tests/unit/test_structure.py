"""Imports go one way: from a room to those below it, and never in a circle."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import checkout
from tests.lint import rooms

_ROOMS = (("p.top",), ("p.left", "p.right"), ("p.floor p.ground",))


def _findings(root: Path, **contents: str) -> list[str]:
    for name, content in {"__init__": "", **contents}.items():
        file = root / "p" / f"{name.replace('__from__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return rooms.findings(root, (*_ROOMS, ("p",)))


def test_the_projects_imports_go_one_way() -> None:
    assert rooms.findings(checkout.source_directory()) == []


@pytest.mark.parametrize(
    "line",
    [
        "from p import top",
        "from p.top import thing",
        "import p.top",
        "from . import top",
        "def f():\n    from p import top",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.top import Thing",
    ],
)
def test_an_arrow_up_is_found_wherever_it_is_written(tmp_path: Path, line: str) -> None:
    number = line.count("\n") + 1
    lines = _findings(tmp_path, top="", left="", floor="", ground=line)
    assert lines == [f"p/ground.py:{number} imports p/top.py, which is not below it"]


def test_rooms_of_one_storey_do_not_import_each_other(tmp_path: Path) -> None:
    assert _findings(tmp_path, left="from p import right", right="") == [
        "p/left.py:1 imports p/right.py, which is not below it"
    ]


def test_packages_that_are_rooms_each_do_not_import_each_other(tmp_path: Path) -> None:
    for file in ("a/__init__", "a/x", "b/__init__", "b/x"):
        (tmp_path / "p" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "p" / f"{file}.py").write_text({"a/x": "import p.a, p.b.x"}.get(file, ""))
    assert rooms.findings(tmp_path, (("p.*",),)) == ["p/a/x.py:1 imports p/b/x.py, which is not below it"]


def test_within_a_room_and_downwards_is_allowed(tmp_path: Path) -> None:
    assert (
        _findings(
            tmp_path,
            top="import p.floor, p.left",
            left="from p import ground",
            floor="import p.ground",
            right="",
            ground="",
        )
        == []
    )


def test_a_circle_is_found_and_told_with_its_lines(tmp_path: Path) -> None:
    lines = _findings(tmp_path, floor="\nfrom p import ground", ground="def f():\n    import p.floor")
    assert len(lines) == 1
    assert lines[0].startswith("in a circle: ")
    assert "p/floor.py:2 imports p/ground.py" in lines[0]
    assert "p/ground.py:2 imports p/floor.py" in lines[0]


def test_every_circle_is_told(tmp_path: Path) -> None:
    lines = _findings(
        tmp_path,
        floor="import p.ground",
        ground="import p.floor",
        top__from__a="import p.top.b",
        top__from__b="import p.top.a",
        top__from__x="",
    )
    assert [line.startswith("in a circle: ") for line in lines] == [True, True]
