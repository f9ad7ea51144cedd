"""The cluster that a run of notebooks is on, and what they need, built while it starts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lab_helpers.cli.options import ProgressPrinter
from lab_helpers.errors import LabError

if TYPE_CHECKING:
    from lab_helpers.cluster.base import Cluster, Provider
    from lab_helpers.images.registry import Registry
    from lab_helpers.workbook.course.outlines import Outline

__all__ = ["cluster_for"]


@contextmanager
def cluster_for(maker: Provider, name: str, notebooks: Sequence[Path], progress: ProgressPrinter) -> Iterator[Cluster]:
    """The lab's cluster: a running one, which is kept, or one created for this run, which is deleted after it."""
    from lab_helpers.addons.base import BASE
    from lab_helpers.cluster import lifecycle

    cluster = lifecycle.attach(maker, name)
    if cluster is None:
        needed = list(_outlines(notebooks))
        _build_early(needed)
        cluster = lifecycle.create(
            maker, name, progress, BASE, wait=False, on_registry=lambda registry: _push_early(needed, registry)
        )
    with cluster:
        yield cluster


def _outlines(notebooks: Sequence[Path]) -> Iterator[Outline]:
    from lab_helpers.workbook.course import outlines

    for notebook in notebooks:
        with suppress(LabError):  # told when the notebook's turn comes
            yield outlines.load(notebook.stem)


def _build_early(needed: Sequence[Outline]) -> None:
    """Build what notebooks need in the background while the cluster's programs are being built."""
    from lab_helpers.addons import catalogue, installing
    from lab_helpers.images import applications
    from lab_helpers.workbook.session.requirements import addons_of, applications_of

    for name in applications_of(needed):
        _in_background(name, lambda name: applications.build(applications.load(name), lambda _: None))
    for name in addons_of(needed):
        _in_background(name, lambda name: installing.build(catalogue.addon(name), lambda _: None))


def _push_early(needed: Sequence[Outline], registry: Registry) -> None:
    """Push the images in the background while the nodes start, as every notebook would in its first cell."""
    from lab_helpers.images import applications
    from lab_helpers.workbook.session.requirements import applications_of

    for name in applications_of(needed):
        _in_background(name, lambda name: applications.push(applications.load(name), registry, lambda _: None))


def _in_background(name: str, work: Callable[[str], object]) -> None:
    def attempt() -> None:
        with suppress(LabError):  # the notebooks report it
            work(name)

    threading.Thread(target=attempt, name=name, daemon=True).start()
