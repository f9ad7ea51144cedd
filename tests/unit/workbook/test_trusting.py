"""A notebook that the lab rewrites is as trusted as it was."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from lab_helpers.workbook.room.trusting import rewrite


@pytest.mark.parametrize("is_trusted", [True, False])
def test_trust_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_trusted: bool) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    own = tmp_path / "own.ipynb"
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Look", id="a")])
    nbformat.write(nb, own)
    if is_trusted:
        NotebookNotary().sign(nbformat.read(own, as_version=4))
    rewrite(own, own.read_text(encoding="utf-8").replace("Look", "보세요"))
    notebook = nbformat.read(own, as_version=4)
    assert notebook.cells[0].source == "보세요"
    assert NotebookNotary().check_signature(notebook) == is_trusted
