"""Run the workbook headless on a cluster and write executed notebooks, JUnit XML and a report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from lab_helpers import language
from lab_helpers.cluster import record
from lab_helpers.cluster.base import Cluster
from lab_helpers.cluster.loss import ClusterLost
from lab_helpers.errors import LabError
from lab_helpers.redact import remember
from lab_helpers.run import lines, machine, outcomes
from lab_helpers.run.configuration import surveys
from lab_helpers.run.directory import EVENTS, exclusive_output, executed_notebook
from lab_helpers.run.engine.parameters import declared_parameters, read_parameters
from lab_helpers.run.engine.stopping import Interrupted
from lab_helpers.run.engine.values import read_text
from lab_helpers.run.loss import LossWatch, watch_loss
from lab_helpers.run.notebooks import execute
from lab_helpers.run.report.junit import write_junit
from lab_helpers.run.report.results import NotebookResult, RunResult
from lab_helpers.run.report.writing import write_report
from lab_helpers.run.side_by_side import start_kernels
from lab_helpers.workbook.course import outlines

__all__ = ["Workbook"]

_CELL_SECONDS = 900.0  # the longest takes two minutes on an idle machine: it makes, loses and rebuilds a cluster


@dataclass(frozen=True)
class Workbook:
    """A run of notebooks and its output directory.

    Attributes:
        notebooks: The notebooks, in order.
        output: The directory for ``report.html``, ``junit.xml``, ``events.jsonl`` and ``notebooks/``.
        parameters: Values for the notebooks' parameters.
        typed: Further values as text from the command line.
    """

    notebooks: Sequence[Path]
    output: Path
    parameters: Mapping[str, object]
    typed: Mapping[str, str] = field(default_factory=dict)

    def run(self, making: AbstractContextManager[Cluster], progress: Callable[[str], None]) -> RunResult:
        """Run every notebook on a cluster, also after one has failed, and write the report.

        Kernels start while the cluster is being created, which leaves half of two processors idle.

        Args:
            making: Creates the cluster or attaches to it, and deletes it on exit unless it is kept.
            progress: Called with each progress line.

        Raises:
            LabError: A parameter is unknown or its value invalid, or no notebook can be run (then no cluster is
                created); there is no cluster (the report says why); another run writes to the directory; or a file
                could not be written.
            Interrupted: A signal stopped the run; the report has the results so far.

        The loss of the cluster stops the run too: steps that had passed stay passed, the others failed because of it.
        """
        values, broken = self._values()
        with exclusive_output(self.output):
            return self._run_all(values, broken, making, progress)

    def _values(self) -> tuple[dict[Path, dict[str, object]], dict[Path, LabError]]:
        """The parameters of every notebook that can be run, and why the others cannot.

        Raises:
            LabError: A parameter is unknown or its value invalid, or no notebook can be run.
        """
        values: dict[Path, dict[str, object]] = {}
        broken: dict[Path, LabError] = {}
        for notebook in self.notebooks:
            try:
                declared = declared_parameters(notebook)
                outlines.load(notebook.stem)
            except LabError as error:
                broken[notebook] = error
            else:
                values[notebook] = read_parameters(self.parameters, declared, str(notebook))
                values[notebook] |= read_parameters(self.typed, declared, str(notebook), read_text)
        if broken and not values:
            raise next(iter(broken.values()))
        return values, broken

    def _run_all(
        self,
        values: Mapping[Path, Mapping[str, object]],
        broken: Mapping[Path, LabError],
        making: AbstractContextManager[Cluster],
        progress: Callable[[str], None],
    ) -> RunResult:
        run_start = self._initial_result()
        stopped: list[Interrupted | ClusterLost] = []
        watches: list[LossWatch] = []

        def run(notebook: Path, ready: Future[float]) -> NotebookResult:
            try:
                if not stopped:
                    return _print_result(self._run(notebook, values[notebook], ready, progress, watches), progress)
            except (Interrupted, ClusterLost) as reason:
                stopped.append(reason)
            except LabError as error:
                if ready.done() and ready.exception() is not None:
                    raise  # there is no cluster, which is reported once for all notebooks
                return _print_result(outcomes.unfinished(notebook, self.output, error), progress)
            return outcomes.unfinished(notebook, self.output, stopped[0])

        try:
            runnable = [notebook for notebook in self.notebooks if notebook in values]
            with start_kernels(runnable, run) as started, making as cluster, watch_loss(cluster, progress) as watch:
                watches.append(watch)
                is_kept = cluster.is_kept
                run_start = replace(run_start, kubernetes=_kubernetes(cluster), started=time.time(), is_kept=is_kept)
                for password in cluster.registry.passwords:
                    remember(password)
                unrunnable = {
                    name: _print_result(outcomes.unfinished(name, self.output, reason), progress)
                    for name, reason in broken.items()
                }
                executed = iter(started.finish())
                results = [unrunnable[name] if name in broken else next(executed) for name in self.notebooks]
                result = self._report(run_start, results)
        except LabError as error:
            if not watches:  # there was no cluster to run on
                self._report(
                    run_start, [outcomes.unfinished(notebook, self.output, error) for notebook in self.notebooks]
                )
            raise
        if stopped and isinstance(stopped[0], Interrupted):
            raise stopped[0]
        return result

    def _initial_result(self) -> RunResult:
        """The run's description at its start; part of it is unavailable once the cluster is lost."""
        return RunResult(
            notebooks=(),
            cluster=str(self.parameters.get("name", "")),
            provider=str(self.parameters.get("provider", "")),
            kubernetes="",
            started=time.time(),
            seconds=0.0,
            environment=machine.describe(),
            language=language.current(),
        )

    def _report(self, run_start: RunResult, results: Sequence[NotebookResult]) -> RunResult:
        run = replace(run_start, notebooks=results, seconds=time.time() - run_start.started)
        write_junit(self.output / "junit.xml", run)
        write_report(self.output / "report.html", run)
        return run

    def _run(
        self,
        notebook: Path,
        values: Mapping[str, object],
        ready: Future[float],
        progress: Callable[[str], None],
        watches: Sequence[LossWatch],
    ) -> NotebookResult:
        result = execute(
            notebook,
            executed_notebook(self.output, notebook),
            parameters=values,
            events=self.output / EVENTS,
            cell_seconds=_CELL_SECONDS,
            ready=ready,
            on_event=lambda event: _print(lines.of_event(event, notebook.stem), progress),
        )
        loss = next((watch.settle() for watch in watches if result.error), None)
        if loss is not None:
            result = replace(result, error=str(loss), lost=True)
        elif watches:
            configuration = tuple(surveys(outlines.load(notebook.stem), watches[0].cluster, progress))
            result = replace(result, configuration=configuration)
        return outcomes.with_declared_steps(result, self.output)


def _print_result(result: NotebookResult, progress: Callable[[str], None]) -> NotebookResult:
    _print(lines.of_result(result), progress)
    return result


def _print(text: Iterable[str], progress: Callable[[str], None]) -> None:
    for line in text:
        progress(line)


def _kubernetes(cluster: Cluster) -> str:
    cluster_record = record.load(cluster.name)
    return f"v{cluster_record.kubernetes}" if cluster_record is not None else ""
