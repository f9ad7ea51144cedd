"""The start of each phase as a checkpoint, kept when a learner begins it, so that its reset takes seconds."""

from __future__ import annotations

import time
from pathlib import Path

from lab_helpers.cluster.base import Cluster, Report
from lab_helpers.cluster.readiness import wait_ready_again
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import progress
from lab_helpers.workbook.session import checkpoints

__all__ = ["checkpoint_name", "go_back", "has_start", "keep_start", "reset_command"]


def checkpoint_name(notebook: str) -> str:
    """What the checkpoint of a phase's start is called."""
    return f"start-{notebook}"


def has_start(cluster: Cluster, notebook: str) -> bool:
    """Whether a phase's start is kept, and can be gone back to."""
    if cluster.checkpoints is None:
        return False
    try:
        cluster.checkpoints.get(checkpoint_name(notebook))
    except LabError:
        return False
    return True


def reset_command(name: str, notebook: str) -> str:
    """What takes a phase of a lab back to its start."""
    return f"lab reset {notebook.partition('_')[0].lstrip('0')} --name {name}"


def keep_start(cluster: Cluster, notebook: str, report: Report) -> None:
    """Keep a lab as it is now, as a phase's start, in the place of an earlier one.

    One that cannot be kept is said, and no more: the phase can be begun, and its reset takes longer.
    """
    if cluster.checkpoints is None:
        return
    name = checkpoint_name(notebook)
    try:
        if cluster.checkpoints.place(name).is_dir():
            cluster.checkpoints.remove(name)
        report(_("keeping this start"))
        checkpoints.save(cluster, name)
    except LabError as error:
        report(_("this start cannot be kept, and a reset takes longer: {reason}").format(reason=error.reason))


def go_back(cluster: Cluster, notebook: str, report: Report) -> list[str]:
    """Take a cluster back to where a phase began; the learner's files stay as they are.

    Every other notebook that has come further since begins again when it is opened next, for its objects are gone or
    as they were; what was proven in it stays on the map.

    Args:
        cluster: The learner's.
        notebook: The phase, by the stem of its notebook, of which ``has_start``.
        report: Told what happens.

    Returns:
        The other notebooks that begin again.

    Raises:
        LabError: A headless run is in the lab, or it could not be gone back to.
    """
    name, command, begun = checkpoint_name(notebook), reset_command(cluster.name, notebook), time.time()
    checkpoints.expect_no_run(cluster, command, but=notebook)
    saved = checkpoints.checkpoints_of(cluster).get(name)
    outdated: list[str] = []

    def expire(directory: Path) -> None:
        outdated.extend(progress.expire(cluster.name, directory / "progress", but=notebook))

    checkpoints.restore_cluster(cluster, name, command, report, expire)
    wait_ready_again(cluster, saved.ready, begun)
    return outdated
