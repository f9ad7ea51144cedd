"""Which notebooks may run at the same time, those that share nothing, and running them so."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.run.engine.stopping import pass_signals_on
from lab_helpers.workbook.course.outlines import Outline, load

__all__ = ["SideBySide", "groups", "start_kernels"]

T = TypeVar("T")


def groups(notebooks: Sequence[Path], cores: int | None = None) -> list[list[Path]]:
    """Put neighbours together that share nothing of a cluster; the order stays.

    Args:
        notebooks: Which, in order.
        cores: How many may be together at most; by default as many as there are processors.

    Raises:
        LabError: No lab stands behind one of them.
    """
    together: list[list[Outline]] = []
    for outline in (load(notebook.stem) for notebook in notebooks):
        group = together[-1] if together else []
        is_full = len(group) >= (cores or len(os.sched_getaffinity(0)))
        if not group or is_full or any(map(outline.clashes_with, group)):
            together.append([])
        together[-1].append(outline)
    ordered = iter(notebooks)
    return [[next(ordered) for _ in group] for group in together]


class SideBySide(Generic[T]):
    """Notebooks whose kernels start while their cluster is still being created.

    Most of a notebook's time is waiting for a cluster, so that two cores have room for several.

    Args:
        notebooks: What to run, in order.
        run: Runs one of them. It is given a future: until that has a result, the monotonic time from which the
            notebook may run, no cell does.
    """

    def __init__(self, notebooks: Sequence[Path], run: Callable[[Path, Future[float]], T]) -> None:
        self._run = run
        self._first, *self._others = groups(notebooks) or [[]]
        self._ready: Future[float] = Future()
        self._threads = ThreadPoolExecutor(max(1, len(self._first)), "notebook")
        self._started = [self._threads.submit(run, notebook, self._ready) for notebook in self._first]

    def finish(self) -> list[T]:
        """Let the cells run, group after group, and return what ``run`` returned, in the notebooks' order.

        Raises:
            LabError: What ``run`` raised, once the notebooks beside it have ended.
            Interrupted: A signal came, and all of them have stopped.
        """
        with pass_signals_on():  # all the time: a signal between two groups stops the next
            self._ready.set_result(time.monotonic())
            self._threads.shutdown(wait=True)
            results = [future.result() for future in self._started]
            for group in self._others:
                with ThreadPoolExecutor(len(group), "notebook") as threads:
                    results += threads.map(lambda notebook: self._run(notebook, self._ready), group)
        return results

    def give_up(self) -> None:
        """End the kernels without running a cell, unless cells already may."""
        if not self._ready.done():
            self._ready.set_exception(LabError(_("what the notebooks were to run on was not made")))
        self._threads.shutdown(wait=True)


@contextmanager
def start_kernels(notebooks: Sequence[Path], run: Callable[[Path, Future[float]], T]) -> Iterator[SideBySide[T]]:
    """Start the first notebooks' kernels; the context creates their cluster and then calls ``finish``."""
    started = SideBySide(notebooks, run)
    try:
        yield started
    finally:
        started.give_up()
