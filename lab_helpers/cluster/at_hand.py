"""Which lab is meant where nobody says so, and its running cluster."""

from __future__ import annotations

from lab_helpers.cluster import choose, record
from lab_helpers.cluster.base import Cluster, State
from lab_helpers.cluster.names import DEFAULT_NAME
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["attached", "resolve_name", "running"]


def resolve_name(name: str | None) -> str:
    """The lab of that name; without one the lab called ``lab``, or, where that does not run, the only one that does.

    Raises:
        LabError: Several run.
    """
    if name:
        return name
    running = [lab for lab in record.names() if _stays(lab)]
    if DEFAULT_NAME in running or not running:
        return DEFAULT_NAME
    if len(running) > 1:
        reason = _("several labs run: {labs}").format(labs=", ".join(running))
        raise LabError(reason, object="--name", next_step=f"--name {running[0]}")
    return running[0]


def attached(name: str) -> Cluster:
    """The running cluster of that lab.

    Raises:
        LabError: It has none, or is only partly back at a checkpoint.
    """
    cluster = running(name)
    record.expect_whole(name)
    return cluster


def running(name: str) -> Cluster:
    """The running cluster of that lab, which may be partly back at a checkpoint.

    Raises:
        LabError: It has none.
    """
    cluster = choose.maker_of(name).attach(name)
    if cluster is None:
        object_name = _("lab {name}").format(name=name)
        raise LabError(_("has no running cluster"), object=object_name, next_step=f"lab up --name {name}")
    return cluster


def _stays(name: str) -> bool:
    """Whether it runs until somebody takes it down: the lab of a run is nobody else's."""
    try:
        entry = record.load(name)
        return entry is not None and entry.kept and choose.provider(entry.provider).state(name) is State.RUNNING
    except LabError:  # `lab status` names it
        return False
