"""The prose of a notebook in another language: Markdown cells are translated, code cells never."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lab_helpers import language

__all__ = ["cell_name", "says_the_same", "translate", "translate_file"]


def cell_name(notebook: str, cell: str) -> str:
    """The context of a cell's message in a catalogue, as ``05_first_deploy#step-1``.

    Args:
        notebook: The notebook's stem.
        cell: The cell's id.
    """
    return f"{notebook}#{cell}"


def translate(nb: dict[str, Any], name: str, to_language: str) -> bool:
    """Translate the prose of a notebook, in place.

    Only a cell that still holds the workbook's own text, in whatever language, is translated: what a learner wrote
    or changed stays as it is, and so do code and outputs.

    Args:
        nb: The notebook.
        name: Its stem, by which the catalogues know its cells.
        to_language: The language.

    Returns:
        Whether anything was changed.
    """
    changed = False
    for cell in nb["cells"]:
        if cell["cell_type"] == "markdown" and "id" in cell:
            text = "".join(cell["source"])
            translation = _tell(cell_name(name, cell["id"]), text, to_language)
            cell["source"] = translation if isinstance(cell["source"], str) else translation.splitlines(keepends=True)
            changed |= translation != text
    nb["metadata"]["language"] = to_language
    return changed


def translate_file(file: Path, to_language: str) -> str | None:
    """The text of a notebook's file with its prose in that language; None where there is nothing to change."""
    try:
        nb = json.loads(file.read_text(encoding="utf-8"))
        if not translate(nb, file.stem, to_language):
            return None
    except (ValueError, KeyError, TypeError):  # no notebook any more: what somebody made of it is theirs
        return None
    return json.dumps(nb, ensure_ascii=False, indent=1) + "\n"


def says_the_same(file: Path, other: Path) -> bool:
    """Whether two files hold the same cells, in whatever languages; what is no notebook is no other's same."""
    try:
        first, second = (json.loads(path.read_text(encoding="utf-8")) for path in (file, other))
        for nb in (first, second):
            translate(nb, other.stem, language.SOURCE)
        return bool(first["cells"] == second["cells"])
    except (ValueError, KeyError, TypeError):
        return False


def _tell(name: str, text: str, to_language: str) -> str:
    """The text in that language, if it is the source of that cell or a translation of it."""
    domain = f"lab_{name.partition('#')[0]}"
    known = [_cells(language.catalogue_file(spoken, domain)) for spoken in language.languages()]
    source = next((cells[name][0] for cells in known if name in cells and text == cells[name][1]), text)
    expected, translation = _cells(language.catalogue_file(to_language, domain)).get(name, (source, source))
    return translation if source == expected else source


@cache
def _cells(file: Path | None) -> Mapping[str, tuple[str, str]]:
    """Source and translation of each translated cell."""
    if file is None:
        return {}
    import polib

    entries = polib.pofile(str(file), encoding="utf-8").translated_entries()
    return {entry.msgctxt: (entry.msgid, entry.msgstr) for entry in entries if entry.msgctxt}
