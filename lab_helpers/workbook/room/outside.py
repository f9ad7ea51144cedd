"""Shell code that gives a shell outside the room the environment of the room's terminals."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from lab_helpers.cluster.base import Cluster, Report
from lab_helpers.workbook.room import environment, room_setup
from lab_helpers.workbook.room.room import LAB_NAME

__all__ = ["NO_CLUSTER", "lines", "refusal"]

NO_CLUSTER = Path(__file__).parents[2] / "cluster" / "no-lab-is-running"
"""A kubeconfig that every tool rejects: with an empty or missing one, tools would use the user's own cluster."""


def lines(cluster: Cluster, report: Report) -> list[str]:
    """Lines for a shell to evaluate; quoted and idempotent.

    Args:
        cluster: The lab's cluster.
        report: Called with each progress line.
    """
    directory, attempt = room_setup.last_location(cluster.name)
    variables = environment.variables(cluster, report) | {LAB_NAME: cluster.name}
    tools, *others = variables["PATH"].split(os.pathsep)
    programs = str(Path(sys.executable).parent)
    variables["PATH"] = os.pathsep.join([tools, programs, *(part for part in others if part != programs)])
    exports = [f"export {name}={shlex.quote(value)}" for name, value in (variables | attempt).items()]
    exports += [] if attempt else ["unset NONCE"]
    return [*exports, f"cd {shlex.quote(str(directory))}"] if directory.is_dir() else exports


def refusal() -> list[str]:
    """Lines for a shell to evaluate without a cluster: they make kubectl fail, and fail themselves."""
    return [f"export KUBECONFIG={shlex.quote(str(NO_CLUSTER))}", "unset GHCR_CONFIG NONCE", "false"]
