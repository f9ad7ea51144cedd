"""A learner runs a cell once more, to be sure or by mistake: nothing breaks, and the notebook goes on."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from lab_helpers import checkout
from lab_helpers.workbook.course import outlines

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(1800)]

_PAPERMILL = Path(sys.executable).parent / "papermill"


def _twice(cells: list[Any]) -> list[Any]:
    """Each code cell twice in a row, but for the parameters and those that the page says to run once."""
    outputs = []
    for cell in cells:
        outputs.append(cell)
        goes_back = any(command in cell.source for command in ("rollout undo", "git -C infra revert"))
        is_once = goes_back or "parameters" in cell.metadata.get("tags", [])
        if cell.cell_type == "code" and not is_once:
            if "rollout restart" in cell.source:  # which kubectl refuses within the same second
                outputs.append(nbformat.v4.new_code_cell("import time\n\ntime.sleep(1)"))
            again = copy.deepcopy(cell)
            again.id = f"{cell.id}-again"
            outputs.append(again)
    return outputs


@pytest.mark.parametrize("notebook", outlines.notebooks())
def test_each_cell_may_be_run_twice(notebook: str, tmp_path: Path) -> None:
    nb = nbformat.read(checkout.notebooks_directory() / f"{notebook}.ipynb", as_version=nbformat.NO_CONVERT)
    nb.cells = _twice(nb.cells)
    nbformat.write(nb, tmp_path / f"{notebook}.ipynb")
    done = subprocess.run(
        [_PAPERMILL, "--engine", "lab", f"{notebook}.ipynb", "out.ipynb", "-p", "name", f"t-twice-{os.getpid()}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
        env={**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")},
    )
    assert done.returncode == 0, done.stderr[-3000:]
