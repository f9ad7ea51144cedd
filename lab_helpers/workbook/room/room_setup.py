"""Set up a learner's room: copies of the notebooks, the map, and the environment of terminals."""

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

__all__ = ["MAP", "configure_all_terminals", "copy_notebook", "copy_notebooks", "last_location", "set_up", "write_map"]

MAP = "map.md"
"""The page that a room opens on, below the learner's workspace."""

_NOTEBOOKS = "notebooks"
_ARCHITECTURE = "docs/arch/README.md"


def set_up(cluster: Cluster, report: Report) -> None:
    """Prepare a lab's room for ``lab open``."""
    copy_notebooks(cluster.name)
    _copy_architecture(cluster.name)
    write_map(cluster.name)
    configure_all_terminals(cluster, report)


def _copy_architecture(name: str) -> None:
    """Copy the architecture, in the reader's language, to where the notebooks' relative links point."""
    copy = paths.workspace_directory(name) / _ARCHITECTURE
    copy.parent.mkdir(parents=True, exist_ok=True)
    document = checkout.source_directory() / _ARCHITECTURE
    translation = document.with_suffix(f".{language.current()}.md")
    shutil.copy(translation if translation.exists() else document, copy)


def copy_notebooks(name: str) -> None:
    """Copy all notebooks for the learner."""
    (paths.workspace_directory(name) / _NOTEBOOKS).mkdir(parents=True, exist_ok=True)
    for notebook in checkout.notebooks_directory().glob("*.ipynb"):
        copy_notebook(name, notebook.name)


def copy_notebook(name: str, file: str) -> None:
    """Copy a notebook for the learner; an existing copy is theirs and is kept.

    The prose is in the reader's language; in an existing copy, the cells that nobody changed are. The copy has the
    kernel metadata that JupyterLab would write: else its page would be unsaved as soon as it is opened.

    Args:
        name: The lab's name.
        file: The notebook's file name.
    """
    copy = paths.workspace_directory(name) / _NOTEBOOKS / file
    if not copy.exists():
        files.write(copy, _with_kernel(checkout.notebooks_directory() / file))
    translation = translate_file(copy, language.current())
    if translation is not None:
        rewrite(copy, translation)


def _with_kernel(notebook: Path) -> str:
    """The text of a notebook with the language information of its kernel."""
    from ipykernel.ipkernel import IPythonKernel

    nb = json.loads(notebook.read_text(encoding="utf-8"))
    nb["metadata"]["language_info"] = IPythonKernel.language_info
    return json.dumps(nb, ensure_ascii=False, indent=1) + "\n"


def write_map(name: str) -> Path:
    """Write the current map, with links to the learner's notebooks."""
    page = paths.workspace_directory(name) / MAP
    return files.write(page, map_markdown(phases(name), _link, _ARCHITECTURE))


def configure_all_terminals(cluster: Cluster, report: Report) -> None:
    """Write the terminals' environment for each notebook that the learner has begun."""
    workspace = paths.workspace_directory(cluster.name)
    environment.configure_terminals(cluster, workspace, {"NONCE": ""}, report)
    for file in paths.progress_directory(cluster.name).glob("*.json"):
        learner_progress = progress.load(cluster.name, file.stem)
        if learner_progress is not None and (workspace / file.stem).is_dir():
            environment.configure_terminals(cluster, workspace / file.stem, learner_progress.variables, report)


def last_location(name: str) -> tuple[Path, dict[str, str]]:
    """The directory the learner of a lab worked in last, else the workspace; and that attempt's variables."""
    last = _last_begun(name)
    learner_progress = progress.load(name, last) if last else None
    return paths.workspace_directory(name) / last, learner_progress.variables if learner_progress else {}


def _last_begun(name: str) -> str:
    """The stem of the notebook that the learner worked on last and whose workspace exists; empty for none."""
    files = sorted(paths.progress_directory(name).glob("*.json"), key=lambda file: file.stat().st_mtime)
    workspace = paths.workspace_directory(name)
    return next((file.stem for file in reversed(files) if (workspace / file.stem).is_dir()), "")


def _link(phase: Phase) -> str:
    return f"{_NOTEBOOKS}/{phase.notebook}.ipynb"
