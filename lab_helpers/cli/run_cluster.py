"""The cluster that a run of notebooks is on: a running one, or one created for the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lab_helpers.cli.options import ProgressPrinter

if TYPE_CHECKING:
    from lab_helpers.cluster.base import Cluster
    from lab_helpers.cluster.provider import Provider

__all__ = ["cluster_for"]


@contextmanager
def cluster_for(maker: Provider, name: str, notebooks: Sequence[Path], progress: ProgressPrinter) -> Iterator[Cluster]:
    """The lab's cluster: a running one, which is kept, or one created for this run, which is deleted after it."""
    from lab_helpers.addons.base import BASE
    from lab_helpers.cluster import lifecycle
    from lab_helpers.workbook.session import ahead

    cluster = lifecycle.attach(maker, name)
    if cluster is None:
        needed = ahead.loadable(notebook.stem for notebook in notebooks)
        # Not before there is a registry: what the cluster is made of is compiled first.
        cluster = lifecycle.create(
            maker, name, progress, BASE, wait=False, on_registry=lambda registry: ahead.push(needed, registry)
        )
    with cluster:
        yield cluster
