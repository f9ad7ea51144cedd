"""Where papermill saves notebooks: as it does it, but a local file is written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode
from papermill.iorw import LocalHandler, papermill_io, write_ipynb

from lab_helpers.run.files import write_atomically

__all__ = ["absolute", "save"]


class _WholeFiles(LocalHandler):
    """Papermill's way to local files; also used by the last save of a run, which papermill does itself."""

    def write(self, buf: str, path: str) -> None:
        write_atomically(Path(self._cwd or "") / path, buf)


def absolute(output: str) -> str:
    """The same place named in a way that does not depend on the kernel's working directory."""
    if "://" in output:
        return output
    # Papermill keeps the directory it was called from in its handler, and changes this process's own (--cwd).
    handler = papermill_io.get_handler("local")
    called_from = handler.cwd(None)
    handler.cwd(called_from)
    return str(Path(called_from or "") / output)


def save(nb: NotebookNode, output: str | None) -> None:
    """Save a notebook; None saves nothing.

    Raises:
        LabError: It could not be written.
    """
    if output is not None:
        write_ipynb(nb, output)


papermill_io.register("local", _WholeFiles())  # type: ignore[no-untyped-call]
