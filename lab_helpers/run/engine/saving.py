"""Where papermill saves notebooks: as it does it, but a local file is written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode
from papermill.iorw import papermill_io, write_ipynb

from lab_helpers import files

__all__ = ["absolute", "save"]

_LOCAL = papermill_io.get_handler("local.ipynb")


def absolute(output: str) -> str:
    """The same place named in a way that does not depend on the kernel's working directory."""
    return output if "://" in output else str(_called_from() / output)


def save(nb: NotebookNode, output: str | None) -> None:
    """Save a notebook; None saves nothing.

    Raises:
        LabError: It could not be written.
    """
    if output is not None:
        write_ipynb(nb, output)


def _called_from() -> Path:
    # Papermill keeps the directory it was called from in its handler, as --cwd changes the process's own.
    directory = _LOCAL.cwd(None)
    _LOCAL.cwd(directory)
    return Path(directory or "")


def _write_whole(content: str, path: str) -> None:
    files.write(_called_from() / path, content)


# The last save of a run is papermill's own, after the engine has returned. It takes the first handler that was
# registered for local files, so a second one would never be asked: the first one has to change its way.
_LOCAL.write = _write_whole
