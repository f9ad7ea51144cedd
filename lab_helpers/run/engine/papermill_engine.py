"""The papermill engine ``lab``: unknown parameters are errors, and a run that dies says so.

Papermill imports this module while it is itself being imported, to register the engine, so nothing of
papermill can be imported here: the engine has the methods of papermill's base class without being one, and
imports what it needs late.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from lab_helpers import language
from lab_helpers.errors import LabError
from lab_helpers.events import EVENTS_FILE, Event
from lab_helpers.language import gettext as _
from lab_helpers.run.engine.parameters import parameters_of, read_parameters

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["LabEngine"]


class LabEngine:
    """Runs notebooks for ``papermill --engine lab``."""

    @classmethod
    def execute_notebook(
        cls,
        nb: NotebookNode,
        kernel_name: str,
        output_path: str | None = None,
        input_path: str | None = None,
        execution_timeout: float | None = None,
        start_timeout: int = 60,
        directory: Path | None = None,
        events: Path | None = None,
        environment: Mapping[str, str] | None = None,
        ready: Future[float] | None = None,
        on_event: Callable[[Event], None] | None = None,
        progress_bar: object = True,
        autosave_cell_every: int = 30,
        **client: object,
    ) -> NotebookNode:
        """Run a notebook; papermill calls this, and raises afterwards if a cell holds an error output.

        Args:
            nb: The notebook with its parameters injected.
            kernel_name: The kernel to run it in.
            output_path: Where it is saved, periodically and at the end; None leaves saving to papermill.
            input_path: Where it was read from.
            execution_timeout: The timeout of a cell, in seconds; None for none.
            start_timeout: The timeout of the kernel's start, in seconds.
            directory: The kernel's working directory; by default this process's.
            events: The file events are appended to; by default the one LAB_EVENTS names, if any.
            environment: Variables for the kernel, in addition to this process's.
            ready: Resolves when cells may run; the kernel starts before.
            on_event: Called with each event of the run, soon after it happened.
            progress_bar: Not used: progress is in the events.
            autosave_cell_every: Not used: changes are saved once a second.
            **client: ``log_output``, ``stdout_file`` and ``stderr_file``, as papermill's client takes them.

        Raises:
            LabError: A parameter is unknown or its value invalid, the kernel did not start, or a file could not be
                written.
            Interrupted: A signal stopped the run.
        """
        from lab_helpers.run.engine.execution import Execution, Settings
        from lab_helpers.run.engine.kernel import private_directory
        from lab_helpers.run.engine.masking import inject
        from lab_helpers.run.engine.saving import absolute
        from lab_helpers.workbook.learner.prose import translate

        notebook = str(input_path) if input_path else "notebook"
        parameters = nb.metadata["papermill"]["parameters"]
        if parameters:
            inject(nb, kernel_name, read_parameters(parameters, parameters_of(nb.cells, notebook), notebook))
        translate(nb, Path(notebook).stem, language.current())
        stream = events or (Path(os.environ[EVENTS_FILE]) if os.environ.get(EVENTS_FILE) else None)
        resources = {"metadata": {"path": str(directory)}} if directory else {}
        settings = Settings(
            name=Path(notebook).stem,
            output=absolute(output_path) if output_path else None,
            kernel=kernel_name,
            cell_seconds=execution_timeout,
            events=stream.absolute() if stream else None,
            environment=environment or {},
            ready=ready,
            on_event=on_event,
            client={"startup_timeout": start_timeout, "resources": resources, **client},
        )
        with private_directory() as directory:
            return Execution(nb, settings, directory).run()

    @classmethod
    def nb_kernel_name(cls, nb: NotebookNode, name: str | None = None) -> str:
        """The kernel named in a notebook's metadata, unless a name is given.

        Raises:
            LabError: The notebook names none.
        """
        from papermill.utils import nb_kernel_name

        try:
            return str(nb_kernel_name(nb, name))
        except ValueError as error:
            reason = _("the notebook names no kernel")
            raise LabError(reason, object="kernelspec", next_step="papermill --kernel python3 …") from error

    @classmethod
    def nb_language(cls, nb: NotebookNode, language: str | None = None) -> str:
        """The language in a notebook's metadata, unless one is given."""
        from papermill.utils import nb_language

        return str(nb_language(nb, language))
