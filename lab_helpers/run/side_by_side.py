"""Which notebooks may run at the same time: those that share no namespace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from lab_helpers.run.stopping import pass_signals_on
from lab_helpers.workbook.steps import load

__all__ = ["groups", "run_side_by_side"]

T = TypeVar("T")


def groups(notebooks: Sequence[Path]) -> list[list[Path]]:
    """Put neighbours together that work in different namespaces; the order stays.

    Raises:
        LabError: No lab stands behind one of them.
    """
    found: list[list[Path]] = []
    taken: set[str] = set()
    for notebook in notebooks:
        namespaces = set(load(notebook.stem).namespaces)
        if not found or taken & namespaces:
            found.append([])
            taken = set()
        found[-1].append(notebook)
        taken |= namespaces
    return found


def run_side_by_side(notebooks: Sequence[Path], run: Callable[[Path], T]) -> list[T]:
    """Call ``run`` with each notebook, group after group, and return what it returns in their order.

    Most of a notebook's time is waiting for a cluster, so that two cores have room for several.

    Raises:
        LabError: What ``run`` raised, once the notebooks beside it have ended.
        Interrupted: A signal came, and all of them have stopped.
    """
    results: list[T] = []
    for group in groups(notebooks):
        with pass_signals_on(), ThreadPoolExecutor(len(group), "notebook") as threads:
            results += threads.map(run, group)
    return results
