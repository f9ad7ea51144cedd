"""What surrounds a notebook: a running cluster, and the variables by which any tool finds it."""

from __future__ import annotations

import os
import shlex
import sys
import time
from pathlib import Path

from lab_helpers import files, paths, proxies
from lab_helpers.cluster import choose, lifecycle
from lab_helpers.cluster.base import Cluster, Report
from lab_helpers.images.registry import Registry
from lab_helpers.language import gettext as _
from lab_helpers.workbook.room import room

__all__ = ["cluster_at_hand", "enter", "pull_secret", "tell_terminals", "variables"]

# Clusters that this process made and that end with it: whoever drops the last reference ends the cluster.
_OWN: dict[str, Cluster] = {}


def cluster_at_hand(provider: str, name: str, report: Report) -> Cluster:
    """The running cluster of that name, else a new one.

    A new one stays in a learner's room, and ends with this process elsewhere.

    Args:
        provider: Who makes it; ``auto`` for whoever can.
        name: The lab's name.
        report: Told what happens.

    Raises:
        LabError: There is none and none could be made.
    """
    maker = choose.provider_of(name, provider)
    running = maker.attach(name)  # also the one of the run that this notebook is part of, which ends with that
    if running is not None:
        return running
    ended = _OWN.pop(name, None)
    if ended is not None:
        ended.let_go()  # its keeper is a child of this process; what has that name now may be another's
    # In a learner's room its terminals, and next kernels, go on with it.
    keep = room.is_learners()
    _OWN[name] = lifecycle.create(maker, name, report, prepare=lifecycle.wait_usable, keep=keep)
    return _OWN[name]


def enter(cluster: Cluster, directory: Path, nonce: str, report: Report) -> None:
    """Make the cluster and the workspace the ones that every command works on.

    Sets ``KUBECONFIG``, puts the cluster's own kubectl first on ``PATH``, and changes to the workspace, so that
    ``%%bash``, ``!`` and Python agree; and tells the terminals of a learner's room.

    Args:
        cluster: The cluster.
        directory: The workspace.
        nonce: The word of this learner's beginning, as ``NONCE``.
        report: Told what happens.
    """
    os.environ.update(variables(cluster, report), NONCE=nonce)
    os.chdir(directory)
    if room.is_learners():
        tell_terminals(cluster, directory, nonce, report)


def variables(cluster: Cluster, report: Report) -> dict[str, str]:
    """The variables of the environment by which any tool finds the cluster."""
    tools = str(_tools(cluster.directory, report))
    others = [part for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if part != tools]
    return {
        "PATH": os.pathsep.join([tools, *others]),
        "KUBECONFIG": str(cluster.kubeconfig),
        "KUBECACHEDIR": str(cluster.directory / "kubectl"),  # what kubectl keeps goes with the cluster
        # Where a kubectl goes that finds no kubeconfig any more: else to whatever listens on localhost:8080.
        "KUBERNETES_MASTER": "http://127.0.0.1:0",
        "KUBERC": str(Path(__file__).with_name("kuberc")),
        "GHCR_CONFIG": str(pull_secret(cluster)),
        **proxies.bypass(*_own_hosts(cluster.registry)),
    }


def _own_hosts(registry: Registry) -> list[str]:
    """What leads to the registry that stands for another; nothing where it is the user's own."""
    return [registry.address, registry.hostname] if registry.address != registry.hostname else []


def tell_terminals(cluster: Cluster, directory: Path, nonce: str, report: Report) -> None:
    """Tell the terminals of a room where to work; open ones hear of it before their next command.

    Args:
        cluster: The cluster.
        directory: The workspace of a notebook, where a terminal goes while that notebook is in front; or the directory
            above, for while the one in front has no workspace.
        nonce: The word of this learner's beginning; empty before the first.
        report: Told what happens.
    """
    told = {**variables(cluster, report), "NONCE": nonce}
    tools = os.pathsep.join([told.pop("PATH").partition(os.pathsep)[0], str(Path(sys.executable).parent)])
    lines = [f"# {time.time_ns()}"]  # by which a terminal sees that there is news
    lines += [f"export {name}={shlex.quote(value)}" for name, value in told.items()]
    lines += [f"lab_tools={shlex.quote(tools)}", f"lab_directory={shlex.quote(str(directory))}"]
    lines.append(f"lab_says={shlex.quote(_says(cluster.name, directory))}")
    gone = _("the cluster has ended; the first two code cells of a notebook find or make one")
    lines.append(f"lab_gone={shlex.quote(gone)}")
    file = paths.room_directory(cluster.name) / "terminals" / f"{directory.name}.sh"
    file.parent.mkdir(parents=True, exist_ok=True)
    files.write(file, "\n".join(lines) + "\n")  # a prompt may be reading it


def _says(name: str, directory: Path) -> str:
    if directory != paths.workspace_directory(name):
        return _("this terminal works in {directory}").format(directory=directory)
    told = _("this terminal works in {directory}; the first code cells of a notebook make a directory for it below")
    return told.format(directory=directory)


def pull_secret(cluster: Cluster) -> Path:
    """A private docker config file with the credentials for the lab's registry; it goes with the cluster."""
    return cluster.registry.docker_config(cluster.directory / "docker" / "config.json")


def _tools(beside: Path, report: Report) -> Path:
    """A directory with nothing in it but a kubectl that fits the cluster; it goes with the cluster."""
    from lab_helpers import programs

    directory = beside / "bin"
    if not (directory / "kubectl").exists():  # once there it is on PATH, and would be found as its own source
        directory.mkdir(parents=True, exist_ok=True)
        files.symlink(directory / "kubectl", programs.resolve(report, "kubectl")["kubectl"])
    return directory
