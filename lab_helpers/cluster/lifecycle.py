"""Get a lab's cluster: attach to the one that runs, else create one, wait until it is usable, and keep it if asked."""

from __future__ import annotations

from lab_helpers.cluster import record
from lab_helpers.cluster.base import BaseAddons, Cluster, OnRegistry, Report, ignore_registry
from lab_helpers.cluster.provider import Provider

__all__ = ["attach", "attach_or_create", "create"]


def attach(provider: Provider, name: str) -> Cluster | None:
    """The running cluster of that name, to be shared with whoever made it; None where none runs.

    Raises:
        LabError: It is still being created, ends with the run or the notebook that it was made for, or is only partly
            back at a checkpoint.
    """
    cluster = provider.attach(name)
    if cluster is not None:
        record.expect_kept(name)
        record.expect_whole(name)
    return cluster


def create(
    provider: Provider,
    name: str,
    report: Report,
    base: BaseAddons,
    *,
    wait: bool = True,
    on_registry: OnRegistry = ignore_registry,
    keep: bool = False,
) -> Cluster:
    """Create a cluster and wait until it can be used; one that does not come to that is deleted.

    Args:
        provider: Who creates it.
        name: The lab's name.
        report: Told what happens.
        base: Cluster DNS and storage; handed in from above.
        wait: Whether they are to be ready; else a Ready node is enough, for what runs on it waits by itself.
        on_registry: Told of its registry once that takes images, which may be long before the node is Ready.
        keep: Whether it lives until it is deleted by name; else it belongs to this process and dies with it.

    Raises:
        LabError: It runs already, or could not be created or used; nothing is left half made.
    """
    cluster = provider.create(name, report, base, on_registry)
    try:
        if wait:
            base.wait_ready(cluster, report)
        if keep:
            cluster.keep()
    except BaseException:
        if not cluster.is_kept:  # a lab on somebody's cluster that was kept before goes on
            cluster.delete()
        raise
    return cluster


def attach_or_create(provider: Provider, name: str, report: Report, base: BaseAddons, *, keep: bool) -> Cluster:
    """The running cluster of that name, else a new one; see ``attach`` and ``create``."""
    cluster = attach(provider, name)
    return create(provider, name, report, base, keep=keep) if cluster is None else cluster
