"""Get a lab's cluster: attach to the one that runs, else create one, prepare it for use, and keep it where asked to."""

from __future__ import annotations

from collections.abc import Callable

from lab_helpers.cluster import record
from lab_helpers.cluster.base import Cluster, OnRegistry, Provider, Report, ignore_registry
from lab_helpers.language import gettext as _

__all__ = ["Preparation", "attach", "attach_or_create", "create", "no_preparation", "wait_usable"]

_USABLE_SECONDS = 120.0

Preparation = Callable[[Cluster, Report], None]
"""What a cluster gets, or is waited for, once its node is Ready; handed in from above by whoever needs it."""


def no_preparation(_cluster: Cluster, _report: Report) -> None:
    """A Ready node is enough: what runs on the cluster waits for the rest by itself."""


def wait_usable(cluster: Cluster, report: Report) -> None:
    """Wait until cluster DNS answers and a claim could be bound.

    Raises:
        WaitTimeout: It did not become so in time.
    """
    report(_("waiting for DNS and storage"))
    cluster.wait_usable(_USABLE_SECONDS)


def attach(provider: Provider, name: str) -> Cluster | None:
    """The running cluster of that name, to be shared with whoever made it; None where none runs.

    Raises:
        LabError: It is still being created, or ends with the run or the notebook that it was made for.
    """
    cluster = provider.attach(name)
    if cluster is not None:
        record.expect_kept(name)
    return cluster


def create(
    provider: Provider,
    name: str,
    report: Report,
    *,
    prepare: Preparation,
    on_registry: OnRegistry = ignore_registry,
    keep: bool = False,
) -> Cluster:
    """Create a cluster and prepare it for use; one that cannot be is deleted.

    Args:
        provider: Who creates it.
        name: The lab's name.
        report: Told what happens.
        prepare: What it needs besides a Ready node.
        on_registry: Told of its registry once that takes images, which may be long before the node is Ready.
        keep: Whether it lives until it is deleted by name; else it belongs to this process and dies with it.

    Raises:
        LabError: It runs already, or could not be created or prepared; nothing is left half made.
    """
    cluster = provider.create(name, report, on_registry)
    try:
        prepare(cluster, report)
        if keep:
            cluster.keep()
    except BaseException:
        if not cluster.is_kept:  # a lab on somebody's cluster that was kept before goes on
            cluster.delete()
        raise
    return cluster


def attach_or_create(provider: Provider, name: str, report: Report, *, prepare: Preparation, keep: bool) -> Cluster:
    """The running cluster of that name, else a new one; see ``attach`` and ``create``."""
    cluster = attach(provider, name)
    return create(provider, name, report, prepare=prepare, keep=keep) if cluster is None else cluster
