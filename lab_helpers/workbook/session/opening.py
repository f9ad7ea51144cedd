"""Open a lab: reset it to its start, or resume a learner's progress."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TextIO

from lab_helpers import events, locks, paths
from lab_helpers.addons import catalogue, installing
from lab_helpers.cluster import draining
from lab_helpers.cluster.base import Capability, Cluster, Report
from lab_helpers.cluster.names import DEFAULT_NAME
from lab_helpers.events import NOTEBOOK
from lab_helpers.images import registry
from lab_helpers.kube.client import Client
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.outline import phase_number
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.display.progress_line import ProgressLine
from lab_helpers.workbook.learner import progress, workspace
from lab_helpers.workbook.learner.draw import draw
from lab_helpers.workbook.learner.localizing import localize
from lab_helpers.workbook.learner.progress import Progress
from lab_helpers.workbook.learner.workspace import Workspace
from lab_helpers.workbook.room import environment, room
from lab_helpers.workbook.session import requirements
from lab_helpers.workbook.session.failures import show_as_cards
from lab_helpers.workbook.session.health import identity
from lab_helpers.workbook.session.lab import Lab
from lab_helpers.workbook.session.starts import keep_start

__all__ = ["MakeRoom", "alone_in", "begin", "make_room", "open_lab"]

MakeRoom = Callable[[Outline, Cluster, Report], object]
"""Brings a cluster to where a lab begins."""

_ROOM_SECONDS = 180.0

# The labs that this process has open, by notebook: running a notebook's first cell again must not lose its stream.
_OPEN: dict[str, Lab] = {}
# What this process holds, as long as it lives, against other headless runs of the same notebook on the same lab.
_HELD: dict[Path, TextIO] = {}


def open_lab(lab: str, *, provider: str = "auto", name: str = "", solve: bool | None = None) -> Lab:
    """Open a lab; safe to run again.

    A headless run begins, every time: what it proves must not rest on what another run left. A learner (in a room
    that ``lab open`` made, or with ``solve=False``) goes on where they left, for they restart kernels, close pages
    and come back tomorrow; ``lab reset`` is how they begin again. On another cluster than the one they left there is
    nothing to go on with: they begin, and what they had proven is still on their map. Whoever begins finds earlier
    work kept aside, never lost.

    Args:
        lab: Which, by the stem of its notebook: ``05_first_deploy``.
        provider: Who makes the cluster when none of that name runs.
        name: The cluster's name, as in ``lab up --name``; by default the one that ``lab open`` was given, else ``lab``.
        solve: Whether ``check`` gives the right answer to a step that the notebook leaves to the learner; by default
            in a headless run, and not in a learner's room.

    Raises:
        LabError: There is no such lab, another run is in it, there is no cluster, or the start could not be reached.
    """
    show_as_cards()
    outline, name = outlines.load(lab), name or os.environ.get(room.LAB_NAME) or DEFAULT_NAME
    learner = room.is_learners() or (solve is False and NOTEBOOK not in os.environ)
    if not learner:
        _expect_alone(outline, name)
    solve = (not learner if solve is None else solve) and not room.is_withheld("solutions")
    with ProgressLine(_("starting {lab}").format(lab=lab)) as report:
        cluster = environment.attach_or_create(provider, name, report)
        unsupported = requirements.provide(outline, cluster, report)
        opened = (_go_on(outline, cluster) if learner else None) or _begin(outline, cluster, report, learner)
        opened.solves, opened.unsupported = solve, unsupported
        opened.enter(report)
    if opened.vary:
        events.emit("notebook", name=lab, state="drawn", vary=dict(opened.vary))
    _OPEN[lab] = opened
    return opened


def make_room(outline: Outline, cluster: Cluster, report: Report) -> None:
    """Clear the cluster of what a lab makes there.

    Args:
        outline: The lab.
        cluster: The learner's.
        report: Told what happens.

    Raises:
        LabError: The cluster does not answer, or something is still there.
    """
    report(_("making room in {namespaces}").format(namespaces=", ".join(outline.namespaces)))
    if Capability.NAMESPACES in cluster.capabilities:  # else the cluster is somebody else's, and so is what is there
        _remove_step_addons(outline, cluster, report)
    cluster.reset_namespaces(outline.namespaces, _ROOM_SECONDS)
    if any(Capability.NODES in step.needs for step in outline.steps):
        _remove_nodes(cluster, report)
    if Capability.NAMESPACES in cluster.capabilities:
        client = Client(cluster.kubeconfig)
        for kind, _slash, object_name in (entry.partition("/") for entry in outline.outside):
            client.delete(kind, object_name, wait_seconds=_ROOM_SECONDS)
    if cluster.registry.address != cluster.registry.hostname:  # else it is the user's own, and so is what is in it
        for repository, _colon, tag in (reference.partition(":") for reference in outline.pushes):
            registry.delete(cluster.registry, repository, tag)


def begin(
    outline: Outline, cluster: Cluster, report: Report, *, learner: bool, clear: MakeRoom = make_room
) -> tuple[Workspace, Progress]:
    """Bring a learner's workspace, progress and cluster to the start of a lab; work that is there is kept.

    Args:
        outline: The lab.
        cluster: The learner's.
        report: Told what happens.
        learner: Whether what a learner finished in an earlier phase is what this one begins with; else its answers.
        clear: Brings the cluster to that start.

    Raises:
        LabError: Something could not be written, or the cluster does not answer.
    """
    fresh = progress.fresh(cluster.name, outline.notebook, identity(cluster))
    fresh.vary = draw(outline, fresh.nonce, {})
    fresh.write()  # first: a page that still has the lab open must not go on with what is being cleared
    clear(outline, cluster, report)
    begun = workspace.prepare(outline, cluster.name, lambda directory: localize(directory, cluster), continues=learner)
    return begun, fresh


def _remove_step_addons(outline: Outline, cluster: Cluster, report: Report) -> None:
    """Remove what the steps install, before the namespaces are cleared; of any notebook what would fill them again."""
    names = {name for notebook in outlines.notebooks() for name in outlines.load(notebook).step_addons}
    addons = [catalogue.addon(name) for name in sorted(names)]
    removable = [
        addon
        for addon in addons
        if (addon.restores or addon.name in outline.step_addons) and cluster.provider not in addon.provided
    ]
    installing.remove(removable, cluster, report)


def _remove_nodes(cluster: Cluster, report: Report) -> None:
    """Remove the nodes that steps add, after the claims on them; where one of somebody else lies there it is said."""
    if cluster.nodes is not None:
        for name in set(cluster.nodes.running()) - set(cluster.nodes.servers):
            draining.remove(cluster, cluster.nodes, name, report, with_claims=False)


def alone_in(outline: Outline, name: str, doing: str, next_step: str) -> AbstractContextManager[None]:
    """For the context, lock out headless runs of this notebook on this lab.

    Raises:
        LabError: One is.
    """
    return locks.hold(_run_file(outline, name), doing, object=_lab_name(outline, name), next_step=next_step)


def _expect_alone(outline: Outline, name: str) -> None:
    """Make sure that no other headless run is in this notebook on this lab: each begins by clearing what is there.

    Raises:
        LabError: One is.
    """
    file, object_name = _run_file(outline, name), _lab_name(outline, name)
    if file not in _HELD:
        _HELD[file] = locks.take(file, outline.notebook, object=object_name, next_step="papermill … -p name ANOTHER")


def _run_file(outline: Outline, name: str) -> Path:
    """The lock file of a headless run of a notebook."""
    return paths.progress_directory(name) / f"{outline.notebook}.run"


def _lab_name(outline: Outline, name: str) -> str:
    return _("{notebook} on lab {name}").format(notebook=outline.notebook, name=name)


def _begin(outline: Outline, cluster: Cluster, report: Report, learner: bool) -> Lab:
    before = progress.load(cluster.name, outline.notebook) if learner else None
    if outline.notebook in _OPEN:
        _OPEN[outline.notebook].close()
    begun, current = begin(outline, cluster, report, learner=learner)
    if learner:
        keep_start(cluster, outline.notebook, report)
    if before is not None:  # on a cluster that is gone
        current.steps, current.vary = before.steps, draw(outline, current.nonce, before.vary)
        current.write()
    return Lab(outline, cluster, begun, current, remark=_new_cluster() if before else "")


def _go_on(outline: Outline, cluster: Cluster) -> Lab | None:
    """The lab as its learner left it on this cluster; None where there is nothing to go on with."""
    before = progress.load(cluster.name, outline.notebook)
    learner_workspace = workspace.find(outline, cluster.name)
    if before is None or learner_workspace is None or before.cluster != identity(cluster):
        return None
    vary = draw(outline, before.nonce, before.vary)
    if vary != before.vary:  # the notebook has got other values since
        before.vary = vary
        before.write()
    opened = _OPEN.get(outline.notebook)
    if opened is not None and opened.beginning == before.beginning:
        return opened
    if opened is not None:
        opened.close()
    return Lab(outline, cluster, learner_workspace, before, remark=_went_on(outline) if before.steps else "")


def _went_on(outline: Outline) -> str:
    message = _("you go on where you left; to begin again, type: lab reset {number}")
    return message.format(number=phase_number(outline.notebook))


def _new_cluster() -> str:
    return _(
        "the cluster is another one than you left, so this notebook begins again; what you had proven stays on your "
        "map. To come back to where you were: Run > Run All Above Selected Cell"
    )
