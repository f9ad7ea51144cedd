"""What a notebook declares, and what of it must not be shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers.errors import LabError
from lab_helpers.run.parameters import declared_parameters, masked

from .conftest import MakeNotebook


def test_names_and_defaults_are_read(make_notebook: MakeNotebook) -> None:
    source = "provider: str = 'auto'  # embedded, kind\nsolve = True\nseconds: float = 60 * 2\nname: str\nprint(solve)"
    assert declared_parameters(make_notebook("x = 1", parameters=source)) == {
        "provider": "auto",
        "solve": True,
        "seconds": "60 * 2",
        "name": None,
    }


def test_a_notebook_without_parameters_declares_none(make_notebook: MakeNotebook) -> None:
    assert declared_parameters(make_notebook("x = 1")) == {}


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"cells": [{'])
def test_what_is_no_notebook_is_named(content: str, tmp_path: Path) -> None:
    path = tmp_path / "half.ipynb"
    path.write_text(content)
    with pytest.raises(LabError, match="not a notebook that can be run"):
        declared_parameters(path)


def test_a_missing_notebook_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no such notebook"):
        declared_parameters(tmp_path / "none.ipynb")


def test_secret_parameters_are_masked() -> None:
    given: dict[str, object] = {"GHCR_TOKEN": "x", "db_password": 1, "client_secret": None, "provider": "kind"}
    assert masked(given) == {
        "GHCR_TOKEN": "[secret]",
        "db_password": "[secret]",
        "client_secret": "[secret]",
        "provider": "kind",
    }
