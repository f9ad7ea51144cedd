from __future__ import annotations

import subprocess
import sys

import pytest

import lab_helpers


@pytest.mark.parametrize("name", lab_helpers.__all__)
def test_what_a_notebook_imports_is_there(name: str) -> None:
    assert getattr(lab_helpers, name)


def test_anything_else_is_not() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        lab_helpers.nothing  # noqa: B018


def test_importing_a_name_imports_nothing_heavy() -> None:
    heavy = "kubernetes papermill IPython"
    program = f"import sys; from lab_helpers import open_lab; print([m for m in {heavy.split()} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
