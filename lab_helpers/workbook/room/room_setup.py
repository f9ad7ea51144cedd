"""Furnish a learner's room: notebooks of their own, the map, and what a terminal begins with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from lab_helpers import checkout, files, language, paths
from lab_helpers.cluster.base import Cluster, Report
from lab_helpers.workbook.learner import progress
from lab_helpers.workbook.learner.phase_map import map_markdown
from lab_helpers.workbook.learner.phases import Phase, phases
from lab_helpers.workbook.learner.prose import translate_file
from lab_helpers.workbook.room import environment
from lab_helpers.workbook.room.trusting import rewrite

__all__ = ["MAP", "copy_notebook", "copy_notebooks", "furnish", "furnish_terminals", "last_place", "write_map"]

MAP = "map.md"
"""The page that a room opens on, below the learner's workspace."""

_NOTEBOOKS = "notebooks"
_ARCHITECTURE = "docs/arch/README.md"


def furnish(cluster: Cluster, report: Report) -> None:
    """Make all of a lab's room ready to be opened."""
    copy_notebooks(cluster.name)
    _copy_architecture(cluster.name)
    write_map(cluster.name)
    furnish_terminals(cluster, report)


def _copy_architecture(name: str) -> None:
    """Put the architecture where the notebooks' links find it, here as in the checkout, in the reader's language."""
    own = paths.workspace_directory(name) / _ARCHITECTURE
    own.parent.mkdir(parents=True, exist_ok=True)
    document = checkout.source_directory() / _ARCHITECTURE
    told = document.with_suffix(f".{language.current()}.md")
    shutil.copy(told if told.exists() else document, own)


def copy_notebooks(name: str) -> None:
    """Give the learner notebooks of their own, all that there are."""
    (paths.workspace_directory(name) / _NOTEBOOKS).mkdir(parents=True, exist_ok=True)
    for notebook in checkout.notebooks_directory().glob("*.ipynb"):
        copy_notebook(name, notebook.name)


def copy_notebook(name: str, file: str) -> None:
    """Give the learner a notebook of their own; one that is there already is theirs and stays as it is.

    Its prose is in the reader's language; in one that is there already, that of it which nobody changed.
    A copy says of its kernel what JupyterLab would write into it: else its page is unsaved as soon as it is opened.

    Args:
        name: The lab's.
        file: The notebook's.
    """
    own = paths.workspace_directory(name) / _NOTEBOOKS / file
    if not own.exists():
        files.write(own, _with_kernel(checkout.notebooks_directory() / file))
    told = translate_file(own, language.current())
    if told is not None:
        rewrite(own, told)


def _with_kernel(notebook: Path) -> str:
    """The text of a notebook with all that its kernel tells JupyterLab about itself."""
    from ipykernel.ipkernel import IPythonKernel

    nb = json.loads(notebook.read_text(encoding="utf-8"))
    nb["metadata"]["language_info"] = IPythonKernel.language_info
    return json.dumps(nb, ensure_ascii=False, indent=1) + "\n"


def write_map(name: str) -> Path:
    """Write the map as it is now, with links to the learner's notebooks."""
    page = paths.workspace_directory(name) / MAP
    return files.write(page, map_markdown(phases(name), _link, _ARCHITECTURE))


def furnish_terminals(cluster: Cluster, report: Report) -> None:
    """Make terminals work where the notebook in front does, with what every command needs."""
    workspace = paths.workspace_directory(cluster.name)
    environment.tell_terminals(cluster, workspace, "", report)
    for file in paths.progress_directory(cluster.name).glob("*.json"):
        begun = progress.load(cluster.name, file.stem)
        if begun is not None and (workspace / file.stem).is_dir():
            environment.tell_terminals(cluster, workspace / file.stem, begun.nonce, report)


def last_place(name: str) -> tuple[Path, str]:
    """Where the learner of a lab worked last, else the workspace; and the word of that beginning, empty for none."""
    last = _last_begun(name)
    begun = progress.load(name, last) if last else None
    return paths.workspace_directory(name) / last, begun.nonce if begun else ""


def _last_begun(name: str) -> str:
    """The stem of the notebook that the learner worked on last and whose workspace is there; empty for none."""
    files = sorted(paths.progress_directory(name).glob("*.json"), key=lambda file: file.stat().st_mtime)
    workspace = paths.workspace_directory(name)
    return next((file.stem for file in reversed(files) if (workspace / file.stem).is_dir()), "")


def _link(phase: Phase) -> str:
    return f"{_NOTEBOOKS}/{phase.notebook}.ipynb"
