"""Save notebooks through papermill, with atomic writes of local files."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode
from papermill.iorw import papermill_io, write_ipynb

from lab_helpers import files

__all__ = ["absolute", "save"]

_LOCAL = papermill_io.get_handler("local.ipynb")


def absolute(output: str) -> str:
    """The same path or URL, independent of the working directory."""
    return output if "://" in output else str(_papermill_directory() / output)


def save(nb: NotebookNode, output: str | None) -> None:
    """Save a notebook; None saves nothing.

    Raises:
        LabError: It could not be written.
    """
    if output is not None:
        write_ipynb(nb, output)


def _papermill_directory() -> Path:
    # Papermill keeps the directory it was called from in its handler, as --cwd changes the process's own.
    directory = _LOCAL.cwd(None)
    _LOCAL.cwd(directory)
    return Path(directory or "")


def _write_local(content: str, path: str) -> None:
    files.write(_papermill_directory() / path, content)


# The last save of a run is papermill's own, after the engine has returned. It uses the first handler registered for
# local files, so that a second one would never be used: the first one is patched.
_LOCAL.write = _write_local
