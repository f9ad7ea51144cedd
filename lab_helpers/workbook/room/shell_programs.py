"""The programs that a lab's shells find before the machine's own: links to what the lab found, fetched or built."""

from __future__ import annotations

from pathlib import Path

from lab_helpers import files, programs
from lab_helpers.cluster.base import Cluster, Report

__all__ = ["directory", "link", "variables"]

_PROGRAMS = "bin"
_GIT_TRANSPORT = Path(__file__).with_name("git-over-kubectl")


def directory(cluster: Cluster) -> Path:
    """The directory that comes first on PATH; it is deleted with the cluster."""
    return cluster.directory / _PROGRAMS


def link(cluster: Cluster, report: Report, *names: str) -> Path:
    """Put programs of these names, and git's way to the lab's Git server, where the lab's shells look first.

    Quick where they are.

    Args:
        cluster: The lab's.
        report: Told what happens.
        names: Which, as ``programs.resolve`` knows them.

    Returns:
        The directory that they are in.

    Raises:
        LabError: There is no such program, or it can neither be fetched nor built.
    """
    links = directory(cluster)
    # An existing link may be on PATH already, and would resolve to itself.
    if missing := [name for name in names if not (links / name).exists()]:
        links.mkdir(parents=True, exist_ok=True)
        files.symlink(links / _GIT_TRANSPORT.name, _GIT_TRANSPORT)
        for name, program in programs.resolve(report, *missing).items():
            files.symlink(links / name, program)
    return links


def variables(cluster: Cluster) -> dict[str, str]:
    """What keeps a program from using, or changing, what its user set up outside the lab."""
    homes = ("CACHE", "CONFIG", "DATA")
    return {f"HELM_{home}_HOME": str(cluster.directory / "helm" / home.lower()) for home in homes}
