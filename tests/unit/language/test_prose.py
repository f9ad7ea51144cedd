"""Notebooks in every language: the same code to the byte, and nobody's own work is touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab_helpers import checkout, paths
from lab_helpers.language import languages
from lab_helpers.workbook.learner.prose import says_the_same, translate, translate_file
from lab_helpers.workbook.room.room_setup import copy_notebooks

from .pseudo import accent

_NOTEBOOKS = sorted(checkout.notebooks_directory().glob("*.ipynb"))
notebooks = pytest.mark.parametrize("notebook", _NOTEBOOKS, ids=lambda path: path.stem)

Notebook = dict[str, Any]


def _read(file: Path) -> Notebook:
    return dict(json.loads(file.read_text(encoding="utf-8")))


def _prose(nb: Notebook) -> list[str]:
    return ["".join(cell["source"]) for cell in nb["cells"] if cell["cell_type"] == "markdown"]


def _rest(nb: Notebook) -> str:
    """All of a notebook but its prose and the language it is in."""
    cells = [cell | ({"source": ""} if cell["cell_type"] == "markdown" else {}) for cell in nb["cells"]]
    metadata = {name: value for name, value in nb["metadata"].items() if name != "language"}
    return json.dumps(nb | {"cells": cells, "metadata": metadata})


@notebooks
def test_every_language_runs_the_same_code(notebook: Path, pseudo_language: str) -> None:
    source = _read(notebook)
    for language in languages():
        translation = _read(notebook)
        translate(translation, notebook.stem, language)
        assert _rest(translation) == _rest(source)
        assert translation["metadata"]["language"] == language
        assert [len(cell["source"]) for cell in translation["cells"] if cell["cell_type"] == "code"] == [
            len(cell["source"]) for cell in source["cells"] if cell["cell_type"] == "code"
        ]


@notebooks
def test_every_cell_of_prose_is_told(notebook: Path, pseudo_language: str) -> None:
    translation = _read(notebook)
    assert translate(translation, notebook.stem, pseudo_language)
    assert _prose(translation) == [accent(text) for text in _prose(_read(notebook))]


@notebooks
def test_english_is_the_file_as_it_is(notebook: Path) -> None:
    assert translate_file(notebook, "en") is None


@notebooks
def test_there_and_back_again(notebook: Path, pseudo_language: str, tmp_path: Path) -> None:
    copy = tmp_path / notebook.name
    copy.write_text(notebook.read_text(encoding="utf-8"), encoding="utf-8")
    for language in (pseudo_language, "en"):
        translation = translate_file(copy, language)
        assert translation is not None
        copy.write_text(translation, encoding="utf-8")
    assert _prose(_read(copy)) == _prose(_read(notebook))
    assert _rest(_read(copy)) == _rest(_read(notebook))


def test_what_a_learner_wrote_stays(pseudo_language: str, tmp_path: Path) -> None:
    notebook = checkout.notebooks_directory() / "05_first_deploy.ipynb"
    nb = _read(notebook)
    edited, untouched = [cell for cell in nb["cells"] if cell["cell_type"] == "markdown"][:2]
    edited["source"] = ["my own notes"]
    code = next(cell for cell in nb["cells"] if cell["cell_type"] == "code")
    code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["seen\n"]}]
    nb["cells"].append({"cell_type": "markdown", "id": "mine", "metadata": {}, "source": ["# Mine"]})
    copy = tmp_path / notebook.name
    copy.write_text(json.dumps(nb), encoding="utf-8")
    text = translate_file(copy, pseudo_language)
    assert text is not None
    translation = json.loads(text)
    assert _prose(translation)[0] == "my own notes"
    assert _prose(translation)[1] == accent("".join(untouched["source"]))
    assert _prose(translation)[-1] == "# Mine"
    assert _rest(translation) == _rest(nb)


@pytest.mark.parametrize("content", ["", "not json", "[]", '{"cells": 1}', '{"cells": [{}], "metadata": {}}'])
def test_what_is_no_notebook_any_more_is_left_alone(content: str, tmp_path: Path) -> None:
    file = tmp_path / "05_first_deploy.ipynb"
    file.write_text(content)
    assert translate_file(file, "ko") is None


def test_a_room_has_its_notebooks_in_its_language(
    pseudo_language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    original = checkout.notebooks_directory() / "05_first_deploy.ipynb"
    own = paths.workspace_directory("lab") / "notebooks" / original.name
    for language in (pseudo_language, "en", pseudo_language):  # a learner may come back in another language
        monkeypatch.setenv("LAB_LANGUAGE", language)
        copy_notebooks("lab")
        prose = _prose(_read(own))
        assert prose == [accent(text) if language == pseudo_language else text for text in _prose(_read(original))]
        assert says_the_same(own, original)
    nb = _read(own)
    nb["cells"][1]["source"] = ["mine"]
    own.write_text(json.dumps(nb))
    assert not says_the_same(own, original)
    own.write_text("no notebook")
    assert not says_the_same(own, original)
