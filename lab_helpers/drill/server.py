"""The server of a cluster, as the scripts of the Deploy repository find it: their programs, and a place for backups."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from lab_helpers import programs, shell
from lab_helpers.cluster.base import Report
from lab_helpers.cluster.embedded import inside

__all__ = ["Server", "environment"]

_PROGRAMS = ("age", "age-keygen", "etcdctl", "etcdutl", "kubectl", "kubeseal")
_DIRECTORY = "drill"
_SECONDS = 600.0


def environment(directory: Path, report: Report, kubeconfig: Path | None = None) -> dict[str, str]:
    """The environment in which the scripts run on this machine.

    Args:
        directory: Where their programs are linked to.
        report: Told when one of them has to be built.
        kubeconfig: The cluster that they work on; by default none.
    """
    directory.mkdir(exist_ok=True)
    for name, path in programs.resolve(report, *_PROGRAMS).items():
        (directory / name).unlink(missing_ok=True)
        (directory / name).symlink_to(path)
    # A file that is not there rather than the user's own cluster.
    return {
        "PATH": f"{directory}{os.pathsep}{os.environ['PATH']}",
        "KUBECONFIG": str(kubeconfig or directory / "no-kubeconfig"),
    }


class Server:
    """The first node of an embedded cluster. What is brought there lies on its disk, and is lost with it.

    Args:
        lab: The lab's name.
        kubeconfig: The cluster's kubeconfig.
        report: Told when a program has to be built.
    """

    def __init__(self, lab: str, kubeconfig: Path, report: Report) -> None:
        self._lab = lab
        self.directory = inside.data_directory(lab) / _DIRECTORY
        (self.directory / "bin").mkdir(parents=True, exist_ok=True)
        for path in programs.resolve(report, *_PROGRAMS).values():
            shutil.copy(path, self.directory / "bin")
        shutil.copy(kubeconfig, self.directory / "kubeconfig")

    def bring(self, path: Path) -> Path:
        """Copy a file or a directory to the server, and return where the server sees it."""
        target = self.directory / path.name
        if path.is_dir():
            shutil.copytree(path, target, dirs_exist_ok=True, symlinks=True)
        else:
            shutil.copy(path, target)
        return self.path(path.name)

    def path(self, name: str) -> Path:
        """Where the server sees what lies there under a name."""
        return Path("/data", _DIRECTORY, name)

    def run(self, *argv: str | Path, variables: Mapping[str, str] | None = None) -> str:
        """Run a script on the server, as root, and return what it prints.

        Raises:
            CommandFailed: It ended with another exit code than 0.
            LabError: The cluster does not run.
        """
        environment = {
            "PATH": f"{self.path('bin')}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "KUBECONFIG": str(self.path("kubeconfig")),
            "ETCDCTL_ENDPOINTS": "unix:///run/etcd/client",
            **(variables or {}),
        }
        settings = [f"{name}={value}" for name, value in environment.items()]
        return shell.run(inside.command(self._lab, ["env", *settings, *argv]), timeout=_SECONDS).stdout
