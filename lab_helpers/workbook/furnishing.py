"""Furnish a learner's room: notebooks of their own, the map, and what a terminal begins with."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab_helpers import language, paths
from lab_helpers.cluster.base import Cluster, Report
from lab_helpers.workbook import place, surroundings
from lab_helpers.workbook.phase_map import map_markdown
from lab_helpers.workbook.phases import Phase, phases
from lab_helpers.workbook.prose import translate_file
from lab_helpers.workbook.trusting import rewrite

__all__ = ["MAP", "copy_notebooks", "furnish_terminal", "last_place", "write_map"]

MAP = "map.md"
"""The page that a room opens on, below the learner's workspace."""

_NOTEBOOKS = "notebooks"


def copy_notebooks(name: str) -> None:
    """Give the learner notebooks of their own; what is there already is theirs and stays as it is.

    Their prose is in the reader's language; in notebooks that are there already, that of it which nobody changed.
    """
    directory = paths.workspace_directory(name) / _NOTEBOOKS
    directory.mkdir(parents=True, exist_ok=True)
    for notebook in paths.notebooks_directory().glob("*.ipynb"):
        own = directory / notebook.name
        if not own.exists():
            shutil.copy(notebook, own)
        told = translate_file(own, language.current())
        if told is not None:
            rewrite(own, told)


def write_map(name: str) -> Path:
    """Write the map as it is now, with links to the learner's notebooks."""
    page = paths.workspace_directory(name) / MAP
    page.write_text(map_markdown(phases(name), _link), encoding="utf-8")
    return page


def furnish_terminal(cluster: Cluster, report: Report) -> None:
    """Make terminals begin where the learner worked last, else in the workspace, with what every command needs."""
    surroundings.tell_terminals(cluster, *last_place(cluster.name), report)


def last_place(name: str) -> tuple[Path, str]:
    """Where the learner of a lab worked last, else the workspace; and the word of that beginning, empty for none."""
    last = _last_begun(name)
    found = place.load(name, last) if last else None
    return paths.workspace_directory(name) / last, found.nonce if found else ""


def _last_begun(name: str) -> str:
    """The stem of the notebook that the learner worked on last and whose workspace is there; empty for none."""
    begun = sorted(paths.progress_directory(name).glob("*.json"), key=lambda file: file.stat().st_mtime)
    workspace = paths.workspace_directory(name)
    return next((file.stem for file in reversed(begun) if (workspace / file.stem).is_dir()), "")


def _link(phase: Phase) -> str:
    return f"{_NOTEBOOKS}/{phase.notebook}.ipynb"
