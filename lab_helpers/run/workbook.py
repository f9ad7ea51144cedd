"""Run the workbook headless on a cluster and leave everything a reader needs: notebooks, JUnit, one report."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from lab_helpers import language
from lab_helpers.certificates import write_private
from lab_helpers.cluster import record
from lab_helpers.cluster.base import Cluster
from lab_helpers.errors import LabError
from lab_helpers.events import EVENTS_FILE, Event
from lab_helpers.language import gettext as _
from lab_helpers.redact import SECRETS_FILE, remember
from lab_helpers.run.junit import write_junit
from lab_helpers.run.notebooks import execute
from lab_helpers.run.parameters import declared_parameters, refuse_unknown
from lab_helpers.run.report import write_report
from lab_helpers.run.results import NotebookResult, RunResult, with_steps
from lab_helpers.run.side_by_side import starting
from lab_helpers.run.stopping import Interrupted

__all__ = ["Workbook"]

_CELL_SECONDS = 300.0
_LINES_TOLD = 6  # of what ended a notebook outside a step; the report has all


@dataclass(frozen=True)
class Workbook:
    """Notebooks to run and where to leave what comes of them.

    Attributes:
        notebooks: What to run, in order.
        output: The directory for ``report.html``, ``junit.xml``, ``events.jsonl`` and ``notebooks/``.
        parameters: Values for the notebooks' parameters.
    """

    notebooks: Sequence[Path]
    output: Path
    parameters: Mapping[str, object]

    def run(self, making: AbstractContextManager[Cluster], progress: Callable[[str], None]) -> RunResult:
        """Run every notebook on a cluster, also after one has failed, and write the report.

        Kernels start while the cluster is being made: that leaves half of two processors idle, and they need it.

        Args:
            making: Makes the cluster, or finds it, and ends it afterwards if it is to end.
            progress: Told what happens.

        Raises:
            LabError: A parameter is unknown (then there was no cluster either), there is no cluster, or something could
                not be written.
            Interrupted: A signal stopped the run; the report tells what had come of it.
        """
        for notebook in self.notebooks:
            refuse_unknown(self.parameters, declared_parameters(notebook), str(notebook))
        self._prepare()

        stopped: list[Interrupted] = []

        def run(notebook: Path, ready: Future[float]) -> NotebookResult:
            try:
                if not stopped:
                    return self._run(notebook, ready, progress)
            except Interrupted as signal:
                stopped.append(signal)
            return self._unfinished(notebook, stopped[0])

        with starting(self.notebooks, run) as started, making as cluster:
            remember(cluster.registry.password)
            result = self._report(cluster, time.time(), started.finish())
        if stopped:
            raise stopped[0]
        return result

    def _report(self, cluster: Cluster, started: float, results: Sequence[NotebookResult]) -> RunResult:
        found = record.load(cluster.name)
        assert found is not None, "whoever makes a cluster, or is given one, leaves a record"
        run = RunResult(
            notebooks=results,
            cluster=cluster.name,
            provider=cluster.provider,
            kubernetes=f"v{found.kubernetes}",
            started=started,
            seconds=time.time() - started,
            environment=_machine(),
            language=language.current(),
        )
        write_junit(self.output / "junit.xml", run)
        write_report(self.output / "report.html", run)
        return run

    def _prepare(self) -> None:
        """Make room in the output directory.

        Raises:
            LabError: It holds notebooks that no run left, or cannot be written.
        """
        notebooks = self.output / "notebooks"
        if notebooks.is_dir() and any(notebooks.iterdir()) and not (self.output / "events.jsonl").exists():
            raise LabError(
                _("is no earlier run's, and what is in it would be lost"),
                object=str(notebooks),
                next_step="lab run --output ANOTHER",
            )
        try:
            shutil.rmtree(notebooks, ignore_errors=True)
            notebooks.mkdir(parents=True)
            for name in ("junit.xml", "report.html"):
                (self.output / name).unlink(missing_ok=True)
            (self.output / "events.jsonl").write_text("")  # by which the next run knows its own
        except OSError as error:
            reason = _("cannot be written: {reason}").format(reason=error.strerror or error)
            raise LabError(reason, object=str(error.filename), next_step="lab run --output ANOTHER") from error
        # What must not be shown is known to this process and to the kernels by a private file, not by its content.
        secrets = write_private(self.output / ".secrets", "")
        os.environ[SECRETS_FILE] = str(secrets.absolute())
        os.environ[EVENTS_FILE] = str((self.output / "events.jsonl").absolute())

    def _run(self, notebook: Path, ready: Future[float], progress: Callable[[str], None]) -> NotebookResult:
        result = execute(
            notebook,
            self.output / "notebooks" / notebook.name,
            parameters=self.parameters,
            events=self.output / "events.jsonl",
            cell_seconds=_CELL_SECONDS,
            ready=ready,
            on_event=lambda event: _tell(event, notebook.stem, progress),
        )
        result = self._with_steps(result)
        for line in _reasons(result):
            progress(f"    {line}")
        passed, failed = _("{notebook}: passed in {seconds:.1f} s"), _("{notebook}: failed in {seconds:.1f} s")
        progress((passed if result.passed else failed).format(notebook=notebook.stem, seconds=result.seconds))
        return result

    def _unfinished(self, notebook: Path, signal: Interrupted) -> NotebookResult:
        """What came of a notebook that a signal stopped, or kept from beginning."""
        error = _("{signal} stopped the run").format(signal=signal.signal_name)
        output = self.output / "notebooks" / notebook.name
        return self._with_steps(NotebookResult(notebook.stem, "failed", 0.0, error, output))

    def _with_steps(self, result: NotebookResult) -> NotebookResult:
        from lab_helpers.events import read
        from lab_helpers.workbook.steps import load

        steps = [(step.id, step.title) for step in load(result.name).steps]
        return with_steps(result, read(self.output / "events.jsonl"), steps)


def _reasons(result: NotebookResult) -> list[str]:
    """Why a notebook failed, and what to type next; nothing where it passed."""
    failed = next((step for step in result.steps if step.state == "failed"), None)
    if failed is None:
        return result.error.strip().splitlines()[-_LINES_TOLD:]
    told = [(_("expected"), failed.expected), (_("seen"), failed.seen), (_("next"), failed.next_step)]
    return [f"{name}: {text}" for name, text in told if text]


def _tell(event: Event, notebook: str, progress: Callable[[str], None]) -> None:
    if event.fields.get("notebook") != notebook:  # others append to the same stream
        return
    if (event.kind, event.state) == ("notebook", "started"):
        progress(notebook)
    if event.kind in ("cell", "check"):
        symbol = {"passed": "✓", "skipped": "–"}.get(event.state, "✗")
        about = " ".join(str(event.fields[name]) for name in ("step", "title") if event.fields.get(name))
        progress(f"  {symbol} {about}")


def _machine() -> dict[str, str]:
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    machine = _("{architecture}, {count} cores").format(architecture=platform.machine(), count=os.cpu_count())
    return {_("system"): system, _("kernel"): platform.release(), _("machine"): machine}
