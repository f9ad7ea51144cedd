"""The cluster of a test session: a running one, or one created for the session and deleted after it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest

from lab_helpers.addons.base import BASE
from lab_helpers.cluster import choose, lifecycle, unnamed
from lab_helpers.cluster.base import Capability, Cluster
from lab_helpers.cluster.sweep import sweep
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.testing.fixture import log_progress

__all__ = ["cluster", "hold"]


def cluster(config: pytest.Config) -> tuple[Cluster, bool]:
    """The cluster to run on, and whether it was created for this run.

    Raises:
        LabError: There is none and none could be created.
    """
    lab_name: str = config.getoption("--lab-name")
    name = lab_name or f"pytest-{os.getpid()}"  # under pytest-xdist each worker is a process, with a cluster of its own
    maker = choose.provider_of(name, config.getoption("--lab-provider"))
    if Capability.NAMESPACES not in maker.capabilities:
        raise LabError(
            _("makes no namespaces, and each test needs one of its own"),
            object=_("provider {name}").format(name=maker.name),
            next_step="--lab-provider auto",
        )
    running = lifecycle.attach(maker, name)
    if running is not None:
        return running, False
    if lab_name and hasattr(config, "workerinput"):
        raise LabError(
            _("does not run, and several workers cannot each make it"),
            object=_("lab {name}").format(name=name),
            next_step=f"lab up --name {name}",
        )
    sweep(log_progress)
    return lifecycle.create(maker, name, log_progress, BASE), True


@contextmanager
def hold(config: pytest.Config, cluster: Cluster, *, is_ours: bool) -> Iterator[str]:
    """Hold a cluster for the session, and delete it afterwards if it was created for it and is not to be kept.

    Yields:
        A line that says what is kept and how to delete it; empty if nothing is.
    """
    if not is_ours:
        yield ""
        return
    is_named = bool(config.getoption("--lab-name"))
    with nullcontext() if is_named else unnamed.running(cluster.name, "pytest", is_named=False), cluster:
        kept_line = ""
        if config.getoption("--lab-keep"):
            cluster.keep()
            kept_line = _("lab {name} goes on; end it with: lab down --name {name}").format(name=cluster.name)
        yield kept_line
