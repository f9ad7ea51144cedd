"""Which notebooks may run at the same time, those that share nothing, and running them so."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Generic, TypeVar

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.run.engine.stopping import pass_signals_on
from lab_helpers.workbook.course.outlines import Outline, load

__all__ = ["SideBySide", "next_of", "start_kernels"]

T = TypeVar("T")


def next_of(outlines: Sequence[Outline], waiting: Sequence[int], running: Collection[int]) -> int | None:
    """Which notebook may begin now: the longest of those that share nothing of a cluster with others.

    Those others are what runs, and what waits before it: of two that share something, the order stays. The longest
    goes first, so that none is left to run alone at the end.

    Args:
        outlines: The labs behind all notebooks, in order.
        waiting: The positions of those that have not begun, in order.
        running: The positions of those that run.
    """
    free = [
        position
        for index, position in enumerate(waiting)
        if not any(outlines[position].clashes_with(outlines[other]) for other in (*running, *waiting[:index]))
    ]
    return max(free, key=lambda position: _length(outlines[position]), default=None)


def _length(outline: Outline) -> tuple[float, bool, int]:
    """What puts notebooks in order by how long they run: minutes are a learner's, builds and steps the machine's."""
    return outline.minutes, outline.has_builds, len(outline.steps)


class SideBySide(Generic[T]):
    """Notebooks whose kernels start while their cluster is still being created.

    Most of a notebook's time is waiting for a cluster, so that two cores have room for several: as many as there are
    processors run together.

    Args:
        notebooks: What to run, in order.
        run: Runs one of them. It is given a future: until that has a result, the monotonic time from which the
            notebook may run, no cell does.

    Raises:
        LabError: No lab stands behind one of them.
    """

    def __init__(self, notebooks: Sequence[Path], run: Callable[[Path, Future[float]], T]) -> None:
        self._notebooks = notebooks
        self._run = run
        self._outlines = [load(notebook.stem) for notebook in notebooks]
        self._waiting = list(range(len(notebooks)))
        self._futures: dict[int, Future[T]] = {}
        self._running: dict[Future[T], int] = {}
        self._ready: Future[float] = Future()
        self._cores = len(os.sched_getaffinity(0))
        self._threads = ThreadPoolExecutor(self._cores, "notebook")
        self._begin()

    def finish(self) -> list[T]:
        """Let the cells run, each next notebook as soon as it may, and return what ``run`` returned, in their order.

        Raises:
            LabError: What ``run`` raised, once the notebooks beside it have ended; no other one has begun.
            Interrupted: A signal came, and all of them have stopped.
        """
        with pass_signals_on():  # all the time: a signal between two notebooks stops the next
            self._ready.set_result(time.monotonic())
            while self._running:
                for future in wait(self._running, return_when=FIRST_COMPLETED).done:
                    del self._running[future]
                    if future.exception():
                        self._waiting.clear()
                self._begin()
        for future in self._futures.values():
            future.result()  # raises what ended one of them
        return [self._futures[position].result() for position in range(len(self._notebooks))]

    def give_up(self) -> None:
        """End the kernels without running a cell, unless cells already may."""
        if not self._ready.done():
            self._ready.set_exception(LabError(_("what the notebooks were to run on was not made")))
        self._threads.shutdown(wait=True)

    def _begin(self) -> None:
        """Begin what may begin, as long as there is room."""
        while len(self._running) < self._cores:
            position = next_of(self._outlines, self._waiting, self._running.values())
            if position is None:
                return
            self._waiting.remove(position)
            future = self._threads.submit(self._run, self._notebooks[position], self._ready)
            self._futures[position] = future
            self._running[future] = position


@contextmanager
def start_kernels(notebooks: Sequence[Path], run: Callable[[Path, Future[float]], T]) -> Iterator[SideBySide[T]]:
    """Start the first notebooks' kernels; the context creates their cluster and then calls ``finish``."""
    started = SideBySide(notebooks, run)
    try:
        yield started
    finally:
        started.give_up()
