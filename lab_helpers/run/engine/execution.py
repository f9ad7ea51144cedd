"""One execution of a notebook: start a kernel, run the cells, save the executed notebook."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbclient.util import ensure_async
from nbformat import NotebookNode

from lab_helpers import events
from lab_helpers.events import Event, Follower
from lab_helpers.language import gettext as _
from lab_helpers.run.engine.client import SECONDS_TO_SHOW, CellClient
from lab_helpers.run.engine.kernel import private_kernel
from lab_helpers.run.engine.masking import ParameterSecrets
from lab_helpers.run.engine.record import NotebookRecord
from lab_helpers.run.engine.saving import save
from lab_helpers.run.engine.stopping import Interrupted, on_signals

__all__ = ["Execution", "Settings"]

_SECONDS_BETWEEN_LOOKS = 0.2
# Takes a second of processor time, which is idle while a cluster is being created and scarce afterwards.
_LOAD = "import kubernetes.config, lab_helpers.kube.client, lab_helpers.workbook.session.opening"
_SKIPPED = "skip-execution"  # the tag by which nbclient leaves cells out
_CELL_ENDED_BADLY = (CellExecutionError, CellTimeoutError, DeadKernelError)


@dataclass(frozen=True)
class Settings:
    """The settings of an execution.

    Attributes:
        name: The notebook's stem.
        output: The path or URL to save to, as papermill takes it; None saves nothing.
        kernel: The kernel's name.
        cell_seconds: The timeout of a cell; None for none.
        events: The file the run's events are appended to; None for no events.
        environment: Variables for the kernel, in addition to this process's.
        ready: Resolves when cells may run; until then the kernel starts, and imports what every lab needs.
        on_event: Called with each event of the run, soon after it happened.
        client: Further options of papermill's client.
    """

    name: str
    output: str | None
    kernel: str
    cell_seconds: float | None = None
    events: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Future[float] | None = None
    on_event: Callable[[Event], None] | None = None
    client: Mapping[str, Any] = field(default_factory=dict)


class Execution:
    """Runs a notebook once.

    Args:
        nb: The notebook with its parameters injected; changed in place.
        settings: The settings of the execution.
        directory: A private directory for the kernel.
    """

    def __init__(self, nb: NotebookNode, settings: Settings, directory: Path) -> None:
        self._nb = nb
        self._settings = settings
        self._directory = directory
        self._environment = self._kernel_environment()
        self._secrets = ParameterSecrets(nb, settings.kernel, self._environment, directory)
        self._record = NotebookRecord(nb, self._save)
        self._client = CellClient(self._record, settings.cell_seconds, kernel_name=settings.kernel, **settings.client)
        self._client.redactor = self._secrets.redactor()
        self._follower = Follower(settings.events or Path(os.devnull))
        self._follower.new()  # skip the events of other notebooks so far
        self._task: asyncio.Task[Any] | None = None
        self._stopped: BaseException | None = None

    def run(self) -> NotebookNode:
        """Run every cell until one fails.

        Returns:
            The notebook; a cell that failed holds an error output, from which papermill raises.

        Raises:
            Interrupted: A signal stopped the run.
            LabError: The kernel did not start, or a file could not be written.
        """
        failure = asyncio.run(self._run())
        if failure is not None and not isinstance(failure, _CELL_ENDED_BADLY):
            raise failure
        return self._nb

    async def _run(self) -> BaseException | None:
        self._task = asyncio.current_task()
        watching = asyncio.create_task(self._watch())
        with on_signals(self._stop):
            try:
                self._record.begin()
                await self._run_cells()
                self._end("passed")
            except BaseException as error:  # noqa: BLE001 - returned: it must not cross the event loop (SystemExit)
                failure = self._stopped or error
                self._end("interrupted" if isinstance(failure, Interrupted) else "failed", self._failure_of(failure))
                return failure
            finally:
                watching.cancel()
        return None

    async def _run_cells(self) -> None:
        async with private_kernel(self._client, self._directory, self._environment):
            if self._settings.ready is not None:
                await self._wait_ready(self._settings.ready)
            self._append_state("started")
            for index in range(len(self._nb.cells)):
                await self._run_cell(index)

    async def _wait_ready(self, ready: Future[float]) -> None:
        if not ready.done():
            assert self._client.kc is not None, "inside private_kernel"
            self._client.kc.execute(_LOAD, silent=True, store_history=False)
        await asyncio.shield(asyncio.wrap_future(ready))
        self._record.begin()  # the time until now was spent waiting for the cluster
        self._client.redactor = self._secrets.redactor()

    async def _run_cell(self, index: int) -> None:
        cell = self._nb.cells[index]
        if cell.cell_type == "code" and _SKIPPED in cell.metadata.get("tags", []):
            self._record.cell_skipped(index)
            self._append_skipped(cell.source)
            return
        self._record.cell_begins(index)
        cell = self._secrets.cell_to_run(index)
        try:
            await self._client.async_execute_cell(cell, index)
        except BaseException as error:
            self._client.stop_listening()
            self._nb.cells[index] = self._secrets.cell_to_show(index, cell)
            self._record.cell_failed(index, *self._failure_of(self._stopped or error))
            raise
        self._nb.cells[index] = self._secrets.cell_to_show(index, cell)
        self._record.cell_completed(index)
        self._client.redactor = self._secrets.redactor()
        self._client.clean_cell(self._nb.cells[index])

    def _failure_of(self, error: BaseException) -> tuple[str, str]:
        if isinstance(error, CellExecutionError):
            return error.ename, error.evalue
        if isinstance(error, Interrupted):
            return "Interrupted", _("{signal} stopped the run").format(signal=error.signal_name)
        if isinstance(error, CellTimeoutError):
            return "CellTimeoutError", self._timeout_reason(error)
        if isinstance(error, DeadKernelError):
            return "DeadKernelError", _("the kernel died while the cell ran (out of memory, or killed)")
        return type(error).__name__, str(error)

    def _timeout_reason(self, error: CellTimeoutError) -> str:
        if "Timeout waiting for IOPub" in str(error):
            message = _("what the cell shows did not all arrive within {seconds:g} s of its end")
            return message.format(seconds=SECONDS_TO_SHOW)
        return _("the cell did not end within {seconds:g} s").format(seconds=self._settings.cell_seconds)

    def _end(self, state: str, why: tuple[str, str] | None = None) -> None:
        self._client.redactor = self._secrets.redactor()
        for cell in self._nb.cells:
            self._client.clean_cell(cell)
        reason = self._client.redactor.text(": ".join(why)) if why else ""
        self._record.end(state, reason)
        self._append_state(state, seconds=round(self._record.seconds, 3), error=reason)
        self._relay()

    def _save(self, nb: NotebookNode) -> None:
        self._client.settle()
        save(nb, self._settings.output)

    def _stop(self, reason: BaseException) -> None:
        if self._stopped is None and self._task is not None:
            self._stopped = reason
            self._task.cancel()

    async def _watch(self) -> None:
        try:
            while True:
                await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
                self._relay()
                self._record.save_if_due()
                await self._check_kernel()
        except Exception as error:  # noqa: BLE001 - it ends the run, which raises it
            self._stop(error)

    async def _check_kernel(self) -> None:
        # The client looks once a second only, and a learner waits for what comes of it.
        waiting = self._client.task_poll_for_reply
        if waiting is not None and self._client.km is not None and not await ensure_async(self._client.km.is_alive()):
            waiting.cancel()

    def _relay(self) -> None:
        for event in self._follower.new():
            if self._settings.on_event is not None:
                self._settings.on_event(event)

    def _append_state(self, state: str, **fields: object) -> None:
        self._append("notebook", name=self._settings.name, state=state, **fields)

    def _append(self, kind: str, **fields: object) -> None:
        if self._settings.events is not None:
            event = Event(kind, time.time(), {"notebook": self._settings.name, **fields})
            events.append(self._settings.events, event, self._client.redactor)

    def _append_skipped(self, source: str) -> None:
        title = source.strip().partition("\n")[0]
        reason = _("is tagged {tag}").format(tag=_SKIPPED)
        self._append("cell", title=title, state="skipped", reason=reason)

    def _kernel_environment(self) -> dict[str, str]:
        environment = {**os.environ, **self._settings.environment, events.NOTEBOOK: self._settings.name}
        if self._settings.events is not None:
            environment[events.EVENTS_FILE] = str(self._settings.events)
        # Without it, the debugger of a kernel warns of frozen modules on standard error at every start.
        environment.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        return environment
