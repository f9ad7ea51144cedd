"""What surrounds a notebook: a running cluster, and the variables by which any tool finds it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from lab_helpers.cluster import choose
from lab_helpers.cluster.base import Cluster, Report

__all__ = ["cluster_at_hand", "enter", "pull_secret"]

_USABLE_SECONDS = 120.0

# Clusters that this process made and that end with it: whoever drops the last reference ends the cluster.
_OWN: dict[str, Cluster] = {}


def cluster_at_hand(provider: str, name: str, report: Report) -> Cluster:
    """The running cluster of that name, else a new one that ends with this process.

    Args:
        provider: Who makes it; ``auto`` for whoever can.
        name: The lab's name.
        report: Told what happens.

    Raises:
        LabError: There is none and none could be made.
    """
    maker = choose.provider_of(name, provider)
    found = maker.attach(name)
    if found is None:
        _OWN[name] = found = maker.create(name, report)
        report("waiting for DNS and storage")
        found.wait_usable(_USABLE_SECONDS)
    return found


def enter(cluster: Cluster, directory: Path, variables: Mapping[str, str], report: Report) -> None:
    """Make the cluster and the workspace the ones that every command of this process works on.

    Sets ``KUBECONFIG``, puts the cluster's own kubectl first on ``PATH``, and changes to the workspace, so that
    ``%%bash``, ``!`` and Python agree.

    Args:
        cluster: The cluster.
        directory: The workspace.
        variables: Further variables of the environment.
        report: Told what happens.
    """
    tools = str(_tools(cluster.kubeconfig.parent, report))
    others = [part for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if part != tools]
    os.environ.update(variables)
    os.environ["PATH"] = os.pathsep.join([tools, *others])
    os.environ["KUBECONFIG"] = str(cluster.kubeconfig)
    os.environ["KUBECACHEDIR"] = str(cluster.kubeconfig.parent / "kubectl")  # what kubectl keeps goes with the cluster
    os.chdir(directory)


def pull_secret(cluster: Cluster) -> Path:
    """A private docker config file with the credentials for the lab's registry; it goes with the cluster."""
    return cluster.registry.docker_config(cluster.kubeconfig.parent / "docker" / "config.json")


def _tools(beside: Path, report: Report) -> Path:
    """A directory with nothing in it but a kubectl that fits the cluster; it goes with the cluster."""
    from lab_helpers.cluster.embedded import binaries

    directory = beside / "bin"
    if not (directory / "kubectl").exists():  # once there it is on PATH, and would be found as its own source
        directory.mkdir(parents=True, exist_ok=True)
        link = directory / f".kubectl.{os.getpid()}"
        link.symlink_to(binaries.resolve(report, "kubectl")["kubectl"])
        link.replace(directory / "kubectl")
    return directory
