"""What a shell outside the room is told, line by line, to work as the room's terminals do."""

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
"""A kubeconfig that every tool refuses: an empty or missing one would be the user's own cluster, or the machine's."""


def lines(cluster: Cluster, report: Report) -> list[str]:
    """Lines for a shell to evaluate; quoted, and the same again when they are evaluated again.

    Args:
        cluster: The lab's.
        report: Told what happens.
    """
    directory, nonce = room_setup.last_place(cluster.name)
    told = environment.variables(cluster, report) | {LAB_NAME: cluster.name}
    tools, *others = told["PATH"].split(os.pathsep)
    programs = str(Path(sys.executable).parent)
    told["PATH"] = os.pathsep.join([tools, programs, *(part for part in others if part != programs)])
    exports = [f"export {name}={shlex.quote(value)}" for name, value in told.items()]
    exports.append(f"export NONCE={shlex.quote(nonce)}" if nonce else "unset NONCE")
    return [*exports, f"cd {shlex.quote(str(directory))}"] if directory.is_dir() else exports


def refusal() -> list[str]:
    """Lines for a shell to evaluate where there is no cluster: kubectl refuses, and so does this."""
    return [f"export KUBECONFIG={shlex.quote(str(NO_CLUSTER))}", "unset GHCR_CONFIG NONCE", "false"]
