"""The environment of a notebook: a running cluster, and the variables that point tools to it."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from lab_helpers import files, paths, proxies
from lab_helpers.addons.base import BASE
from lab_helpers.cluster import choose, lifecycle
from lab_helpers.cluster.base import Cluster, Report
from lab_helpers.events import NOTEBOOK
from lab_helpers.images.registry import Registry
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import git
from lab_helpers.workbook.room import building, room, shell_programs

__all__ = ["attach_or_create", "configure_terminals", "enter", "pull_secret", "variables"]

# Nobody can answer a command in a cell: not in a pager, not in an editor, not at a prompt.
_UNATTENDED = {"GIT_PAGER": "cat", "GIT_EDITOR": "true", "GIT_TERMINAL_PROMPT": "0"}

# Clusters that this process created and that are deleted with it, when the last reference is dropped.
_OWN_CLUSTERS: dict[str, Cluster] = {}


def attach_or_create(provider: str, name: str, report: Report) -> Cluster:
    """The running cluster of that name, else a new one.

    A new one is kept in a learner's room; elsewhere it is deleted when this process ends.

    Args:
        provider: The cluster provider; ``auto`` for the first that works.
        name: The lab's name.
        report: Called with each progress line.

    Raises:
        LabError: There is none and none could be created.
    """
    maker = choose.provider_of(name, provider)
    running = maker.attach(name)  # also the one of the run that this notebook is part of, which ends with that
    if running is not None:
        return running
    own_cluster = _OWN_CLUSTERS.pop(name, None)
    if own_cluster is not None:
        own_cluster.let_go()  # its keeper is a child of this process; a cluster of that name may be another's now
    # The terminals and later kernels of a learner's room need it.
    keep = room.is_learners()
    _OWN_CLUSTERS[name] = lifecycle.create(maker, name, report, BASE, keep=keep)
    return _OWN_CLUSTERS[name]


def enter(cluster: Cluster, directory: Path, attempt: Mapping[str, str], report: Report) -> None:
    """Point this process, and in a learner's room its terminals, to a cluster and a workspace.

    Sets ``KUBECONFIG``, puts the cluster's own kubectl first on ``PATH``, and changes to the workspace, so that
    ``%%bash``, ``!`` and Python agree.

    Args:
        cluster: The cluster.
        directory: The workspace.
        attempt: The environment variables of the learner's attempt.
        report: Called with each progress line.
    """
    git.forget_other_repositories()
    own_name = {room.LAB_NAME: cluster.name}  # so that `lab` means this one, wherever several run
    os.environ.update({**variables(cluster, report), **own_name, **_UNATTENDED, **attempt})
    if NOTEBOOK in os.environ:  # what a headless run proves must not rest on who runs it
        os.environ["GIT_CONFIG_GLOBAL"] = os.devnull
    os.chdir(directory)
    if room.is_learners():
        configure_terminals(cluster, directory, attempt, report)


def variables(cluster: Cluster, report: Report) -> dict[str, str]:
    """The environment variables that point tools to the cluster, and ``lab`` to this very program."""
    tools, own_programs = str(shell_programs.link(cluster, report, "kubectl")), str(Path(sys.executable).parent)
    others = [
        part for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if part not in (tools, own_programs)
    ]
    return {
        "PATH": os.pathsep.join([tools, *others, own_programs]),  # last: a learner's own python stays theirs
        "KUBECONFIG": str(cluster.kubeconfig),
        "KUBECACHEDIR": str(cluster.directory / "kubectl"),  # kubectl's cache is deleted with the cluster
        # The server of a kubectl whose kubeconfig was deleted; its default is whatever listens on localhost:8080.
        "KUBERNETES_MASTER": "http://127.0.0.1:0",
        "KUBERC": str(Path(__file__).with_name("kuberc")),
        "GHCR_CONFIG": str(pull_secret(cluster)),
        "GIT_CONFIG_SYSTEM": str(Path(__file__).with_name("gitconfig")),
        **shell_programs.variables(cluster),
        **_entry(cluster),
        **building.variables(cluster),
        **proxies.bypass(*_own_hosts(cluster.registry)),
    }


def _entry(cluster: Cluster) -> dict[str, str]:
    """Where requests from outside come in, for ``curl --connect-to``."""
    entry = cluster.entry
    return {"ENTRY_HTTP": entry.http, "ENTRY_HTTPS": entry.https} if entry else {}


def _own_hosts(registry: Registry) -> list[str]:
    """The hosts of the lab's own registry; empty for a registry of the user's."""
    return [registry.address, registry.hostname] if registry.address != registry.hostname else []


def configure_terminals(cluster: Cluster, directory: Path, attempt: Mapping[str, str], report: Report) -> None:
    """Write the shell script by which a room's terminals follow a notebook; open ones read it at their next prompt.

    Args:
        cluster: The cluster.
        directory: The workspace of a notebook, for while that notebook is in front; or the directory above, for while
            the one in front has no workspace.
        attempt: The environment variables of the learner's attempt.
        report: Called with each progress line.
    """
    exports = {**variables(cluster, report), **attempt}
    tools = os.pathsep.join([exports.pop("PATH").partition(os.pathsep)[0], str(Path(sys.executable).parent)])
    lines = [f"# {time.time_ns()}"]  # by which a terminal notices a change
    lines += [f"export {name}={shlex.quote(value)}" for name, value in exports.items()]
    lines += [f"lab_tools={shlex.quote(tools)}", f"lab_directory={shlex.quote(str(directory))}"]
    lines.append(f"lab_says={shlex.quote(_location_message(cluster.name, directory))}")
    ended_message = _("the cluster has ended; the first two code cells of a notebook find or make one")
    lines.append(f"lab_gone={shlex.quote(ended_message)}")
    file = paths.room_directory(cluster.name) / "terminals" / f"{directory.name}.sh"
    file.parent.mkdir(parents=True, exist_ok=True)
    files.write(file, "\n".join(lines) + "\n")  # a prompt may be reading it


def _location_message(name: str, directory: Path) -> str:
    if directory != paths.workspace_directory(name):
        return _("this terminal works in {directory}").format(directory=directory)
    message = _("this terminal works in {directory}; the first code cells of a notebook make a directory for it below")
    return message.format(directory=directory)


def pull_secret(cluster: Cluster) -> Path:
    """A private Docker config file with the registry's pull credentials; it is deleted with the cluster."""
    return cluster.registry.docker_config(cluster.directory / "docker" / "config.json")
