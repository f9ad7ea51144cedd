"""Small notebooks, made where they are needed, and what it takes to run them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from lab_helpers.run.notebooks import execute
from lab_helpers.run.report.results import NotebookResult

MakeNotebook = Callable[..., Path]
Run = Callable[..., NotebookResult]


@pytest.fixture(autouse=True)
def no_run_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests may themselves run inside a run."""
    for variable in ("LAB_EVENTS", "LAB_NOTEBOOK", "LAB_SECRETS_FILE"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def make_notebook(tmp_path: Path) -> MakeNotebook:
    """Write a notebook: a heading, a parameters cell if given, and one code cell a source."""

    def make(*sources: str, parameters: str = "", name: str = "05_sample") -> Path:
        metadata = {
            "kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"},
            "language_info": {"name": "python"},
        }
        cells = [new_markdown_cell("# Sample")]
        if parameters:
            cells.append(new_code_cell(parameters, metadata={"tags": ["parameters"]}))
        cells += [new_code_cell(source) for source in sources]
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(new_notebook(cells=cells, metadata=metadata), path)
        return path

    return make


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a notebook in this process; the output is ``out.ipynb`` and the events ``events.jsonl`` in ``tmp_path``."""

    def execute_it(notebook: Path, **options: object) -> NotebookResult:
        options.setdefault("parameters", {})
        return execute(notebook, tmp_path / "out.ipynb", events=tmp_path / "events.jsonl", **options)  # type: ignore[arg-type]

    return execute_it


def read_valid(path: Path) -> NotebookNode:
    """A notebook that must be whole and valid."""
    nb: NotebookNode = nbformat.read(path, as_version=4)
    nbformat.validate(nb)
    return nb


def printed(nb: NotebookNode) -> list[str]:
    """What each code cell printed, those that printed nothing left out."""
    outputs = [output for cell in nb.cells for output in cell.get("outputs", [])]
    return [output.text for output in outputs if output.output_type == "stream"]


def statuses(nb: NotebookNode) -> list[str]:
    """The state of each code cell as the run recorded it."""
    return [cell.metadata.papermill.status for cell in nb.cells if cell.cell_type == "code"]
