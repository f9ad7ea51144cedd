"""Build programs, build and push images that notebooks need, while the cluster is being created."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from lab_helpers.errors import LabError
from lab_helpers.images.registry import Registry
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.session.requirements import addons_of, applications_of, programs_of, services_of

if TYPE_CHECKING:
    from lab_helpers.images.applications import Application

__all__ = ["build", "loadable", "push"]


def loadable(notebooks: Iterable[str]) -> list[Outline]:
    """The outlines of notebooks, by their stems; one that cannot be loaded is left out and fails when it is run."""
    loaded = []
    for notebook in notebooks:
        with suppress(LabError):
            loaded.append(outlines.load(notebook))
    return loaded


def build(needed: Sequence[Outline]) -> list[threading.Thread]:
    """Build the applications, backing services, add-ons and programs of notebooks, as far as that takes no cluster.

    Returns:
        The threads at work, which end with the process.
    """
    from lab_helpers.images import application_images

    return _start_all(needed, lambda application: application_images.build(application, _say_nothing))


def push(needed: Sequence[Outline], registry: Registry) -> None:
    """Build the same, and push the images among it, as the first cell of a notebook does."""
    from lab_helpers.images import application_images

    _start_all(needed, lambda application: application_images.push(application, registry, _say_nothing))


def _start_all(needed: Sequence[Outline], make: Callable[[Application], object]) -> list[threading.Thread]:
    from lab_helpers.images import applications, services

    return [
        *_each(applications_of(needed), lambda name: make(applications.load(name))),
        *_each(services_of(needed), lambda name: make(services.load(name))),
        _start("programs", lambda: _build_programs(needed)),
    ]


def _build_programs(needed: Sequence[Outline]) -> None:
    """Build programs, and add-ons, which are made of some, in the order in which notebooks need them.

    One after the other: no two are compiled at once anyway, and what is needed first is to be there first.
    """
    from lab_helpers import programs

    for outline in needed:
        for name in programs_of([outline]):
            _attempt(partial(programs.resolve, _say_nothing, name))
        for name in addons_of([outline]):
            _attempt(partial(_build_addon, name))


def _build_addon(name: str) -> None:
    from lab_helpers.addons import catalogue, installing

    installing.build(catalogue.addon(name), _say_nothing)


def _each(names: Sequence[str], work: Callable[[str], object]) -> list[threading.Thread]:
    return [_start(name, partial(work, name)) for name in names]


def _start(name: str, work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=_attempt, args=(work,), name=name, daemon=True)
    thread.start()
    return thread


def _attempt(work: Callable[[], object]) -> None:
    with suppress(LabError):  # the notebook that needs it meets the same, and reports it
        work()


def _say_nothing(_line: str) -> None:
    """Leave the terminal to whoever is waited for."""
