"""Find the workbook's notebooks and run them headless."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from types import ModuleType

from lab_helpers.checkout import notebooks_directory
from lab_helpers.events import Event
from lab_helpers.run.engine.parameters import declared_parameters, read_parameters
from lab_helpers.run.engine.terminal_text import strip_escapes
from lab_helpers.run.report.results import NotebookResult
from lab_helpers.workbook.course.outlines import by_number

__all__ = ["declared_parameters", "execute", "list_notebooks", "preload"]

_START_SECONDS = 300  # kernels start side by side, beside a cluster that starts; papermill's 60 is for an idle machine


def list_notebooks(directory: Path | None = None) -> list[Path]:
    """The notebooks of the workbook, by their number.

    Args:
        directory: Where to look; by default the workbook.
    """
    notebooks = (directory or notebooks_directory()).glob("[0-9]*_*.ipynb")
    return sorted(notebooks, key=lambda path: by_number(path.stem))


def execute(
    notebook: Path,
    output: Path,
    *,
    parameters: Mapping[str, object],
    events: Path,
    environment: Mapping[str, str] | None = None,
    cell_seconds: float | None = None,
    ready: Future[float] | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> NotebookResult:
    """Run a notebook from its first cell to its last, or to the first that fails.

    Args:
        notebook: The notebook to run; its kernel's working directory is the notebook's.
        output: The path of the executed notebook.
        parameters: Values for its parameters.
        events: The file the run's events are appended to.
        environment: Variables for the kernel, in addition to this process's.
        cell_seconds: The timeout of a cell; None for none.
        ready: Resolves to the monotonic time from which cells may run; the kernel starts before. By default at once.
        on_event: Called with each event of the run, soon after it happened.

    Raises:
        LabError: A parameter is unknown or its value invalid, the kernel did not start, or a file could not be written.
        Interrupted: A signal stopped the run; the output says so.
    """
    read_parameters(parameters, declared_parameters(notebook), str(notebook))
    papermill = _papermill()
    started = time.monotonic()
    error = ""
    try:
        papermill.execute_notebook(
            str(notebook.absolute()),
            str(output.absolute()),
            parameters=dict(parameters),
            engine_name="lab",
            progress_bar=False,
            execution_timeout=cell_seconds,
            start_timeout=_START_SECONDS,
            # Not papermill's `cwd`: that changes the directory of this process, and with it of other notebooks' runs.
            directory=notebook.absolute().parent,
            events=events.absolute(),
            environment=environment,
            ready=ready,
            on_event=on_event,
        )
    except papermill.PapermillExecutionError as execution_error:
        error = strip_escapes(
            "\n".join(execution_error.traceback) or f"{execution_error.ename}: {execution_error.evalue}"
        )
    seconds = time.monotonic() - (max(started, ready.result()) if ready else started)
    return NotebookResult(notebook.stem, "failed" if error else "passed", seconds, error, output)


def preload() -> None:
    """Import what ``execute`` needs; it takes seconds, so do it while waiting for something else."""
    _papermill()


def _papermill() -> ModuleType:
    import papermill  # its functions have no types

    return papermill
