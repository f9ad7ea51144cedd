"""What a notebook declares, and what of it must not be shown."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from lab_helpers.errors import LabError
from lab_helpers.run.engine.parameters import declared_parameters, masked, read_parameters
from lab_helpers.run.engine.values import Parameter, read_text

from .conftest import MakeNotebook


def test_names_and_types_are_read(make_notebook: MakeNotebook) -> None:
    source = """provider: str = 'auto'  # embedded, kind
solve: bool = None
seconds: float = 60 * 2
name: str
names: list[str] | None = []
count = 3
anything = open
print(solve)"""
    assert declared_parameters(make_notebook("x = 1", parameters=source)) == {
        "provider": Parameter("str", is_optional=False),
        "solve": Parameter("bool", is_optional=True),
        "seconds": Parameter("float", is_optional=False),
        "name": Parameter("str", is_optional=False),
        "names": Parameter("list", is_optional=True),
        "count": Parameter("number", is_optional=False),
        "anything": Parameter("", is_optional=False),
    }


@pytest.mark.parametrize(
    "source", ["!ls\nx = 1", "%time\nx = 1", "%%time\nx = 1", "files = !ls\nx = 1", "%env A=b\nx = 1", "x = 1\nx?"]
)
def test_magics_and_shell_lines_are_no_mistakes(source: str, make_notebook: MakeNotebook) -> None:
    assert declared_parameters(make_notebook(parameters=source))["x"] == Parameter("number", is_optional=False)


def test_a_mistake_in_the_parameters_cell_is_told_with_its_line(make_notebook: MakeNotebook) -> None:
    notebook = make_notebook(parameters="x = 1\ny = = 2")
    with pytest.raises(LabError, match="its parameters cell is no Python, line 2") as failure:
        declared_parameters(notebook)
    assert failure.value.object == str(notebook)
    assert failure.value.last_event == "y = = 2"
    assert "git checkout" not in failure.value.next_step


@pytest.mark.parametrize(
    ("declared", "text", "value"),
    [
        ("x: bool = None", "false", False),
        ("x: bool = None", "off", False),
        ("x: bool = None", "null", None),
        ("x = True", "0", False),
        ("x: int = 1", "7", 7),
        ("x: int = 1", "7.0", 7),
        ("x = 1", "7.5", 7.5),
        ("x: float = 1", "7", 7.0),
        ("x = 'a'", "1.10", "1.10"),
        ("x = 'a'", "007", "007"),
        ("x = 'a'", "2026-01-01", "2026-01-01"),
        ("x = 'a'", "['", "['"),
        ("x = 'a'", "'quoted: text'", "quoted: text"),
        ("x = 'a'", "true", "true"),
        ("x: str | None = 'a'", "null", None),
        ("x = [1]", "[2, 3]", [2, 3]),
        ("x = {}", "{a: 1}", {"a": 1}),
        ("x = None", "[1, a]", [1, "a"]),
        ("x = open('a')", "3", 3),
    ],
)
def test_what_is_typed_is_read_as_it_is_declared(
    declared: str, text: str, value: object, make_notebook: MakeNotebook
) -> None:
    known = declared_parameters(make_notebook(parameters=declared))
    read = read_parameters({"x": text}, known, "nb", read_text)["x"]
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize("declared", ["x: bool = None", "x: int = 1", "x = 1.5", "x = [1]", "x = {}", "x = None"])
@pytest.mark.parametrize(
    "text",
    [
        *("2026-01-01", "2026-13-45", "2026-01-01T10:00:00Z", "{2026-01-01: a}"),
        *("['", "@", "a: b: c", "\x07", "{? [a] : b}", "[" * 5000, "&a [*a]"),
        *("!!set {a}", "!!binary aGk=", "!!int x", "!!python/name:os.system", ".inf"),
    ],
    ids=lambda text: text[:30],
)
def test_what_is_no_value_of_a_notebook_is_refused_in_a_line(
    declared: str, text: str, make_notebook: MakeNotebook
) -> None:
    known = declared_parameters(make_notebook(parameters=declared))
    with pytest.raises(LabError) as failure:
        read_parameters({"x": text}, known, "nb.ipynb", read_text)
    assert failure.value.object == "nb.ipynb"
    assert "parameter x" in failure.value.reason


@pytest.mark.parametrize(
    ("declared", "handed", "value"),
    [
        ("x: bool = None", "false", False),
        ("x: bool = None", "True", True),
        ("x: bool = None", 0, False),
        ("x: bool = None", None, None),
        ("x: int = 1", "7", 7),
        ("x: int = 1", 7.0, 7),
        ("x = 1", "7", 7),
        ("x = 1.5", "1e3", 1000.0),
        ("x = [1]", "[2, 3]", [2, 3]),
        ("x = {}", '{"a": 1}', {"a": 1}),
        ("x = 'a'", "7", "7"),
        ("x = None", 7, 7),
    ],
)
def test_what_papermill_hands_over_is_read_as_it_is_declared(
    declared: str, handed: object, value: object, make_notebook: MakeNotebook
) -> None:
    known = declared_parameters(make_notebook(parameters=declared))
    read = read_parameters({"x": handed}, known, "nb")["x"]
    assert (type(read), read) == (type(value), value)


@pytest.mark.parametrize(
    ("declared", "handed"),
    [
        ("x: bool = None", "maybe"),
        ("x: bool = None", 2),
        ("x = True", None),
        ("x: int = 1", 1.5),
        ("x: int = 1", "one"),
        ("x: int = 1", True),
        ("x = 1.5", float("nan")),
        ("x = 1.5", "inf"),
        ("x = 'a'", 7),
        ("x = 'a'", 1.1),
        ("x = [1]", "a"),
        ("x = {}", [1]),
        ("x = None", datetime.date(2026, 1, 1)),
        ("x = None", {1, 2}),
        ("x = None", b"bytes"),
    ],
)
def test_what_does_not_fit_is_refused(declared: str, handed: object, make_notebook: MakeNotebook) -> None:
    known = declared_parameters(make_notebook(parameters=declared))
    with pytest.raises(LabError, match="parameter x"):
        read_parameters({"x": handed}, known, "nb")


def test_a_refused_secret_is_not_shown() -> None:
    with pytest.raises(LabError) as failure:
        read_parameters({"ghcr_token": 12345678}, {"ghcr_token": Parameter("str", is_optional=False)}, "nb")
    assert "12345678" not in str(failure.value)


def test_a_notebook_without_parameters_declares_none(make_notebook: MakeNotebook) -> None:
    assert declared_parameters(make_notebook("x = 1")) == {}


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"cells": [{', '{"cells": 3, "nbformat": 4}', "\xff"])
def test_what_is_no_notebook_is_named(content: str, tmp_path: Path) -> None:
    path = tmp_path / "half.ipynb"
    path.write_text(content)
    with pytest.raises(LabError, match="not a notebook that can be run"):
        declared_parameters(path)


def test_a_missing_notebook_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="cannot be read: No such file"):
        declared_parameters(tmp_path / "none.ipynb")


def test_secret_parameters_are_masked() -> None:
    parameters: dict[str, object] = {"GHCR_TOKEN": "x", "db_password": 1, "client_secret": None, "provider": "kind"}
    assert masked(parameters) == {
        "GHCR_TOKEN": "[secret]",
        "db_password": "[secret]",
        "client_secret": "[secret]",
        "provider": "kind",
    }
