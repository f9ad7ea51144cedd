"""The server of a cluster, as the scripts of the Deploy repository find it: their programs, and a place for backups."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lab_helpers import programs, shell
from lab_helpers.cluster.base import Report
from lab_helpers.cluster.embedded import inside

__all__ = ["Server", "environment"]

_PROGRAMS = ("age", "age-keygen", "etcdctl", "etcdutl", "kubectl", "kubeseal")
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
        name: What the directory is called that all of it goes to.

    Attributes:
        directory: Where this machine has that directory.
        node: Where the server has it.
    """

    def __init__(self, lab: str, kubeconfig: Path, report: Report, name: str = "drill") -> None:
        self._lab = lab
        self.directory = inside.data_directory(lab) / name
        self.node = Path("/data", name)
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
        return self.node / path.name

    def command(self, *argv: str | Path) -> list[str | Path]:
        """The command that runs a script on the server, as root.

        Raises:
            LabError: The cluster does not run.
        """
        settings = [
            "HOME=/root",
            "LANG=C.UTF-8",
            f"PATH={self.node}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            f"KUBECONFIG={self.node}/kubeconfig",
            "ETCDCTL_ENDPOINTS=unix:///run/etcd/client",
        ]
        # Nothing of the caller's: in a learner's room KUBERC names a file that a server does not have.
        return inside.command(self._lab, ["env", "-i", *settings, *argv])

    def run(self, *argv: str | Path) -> str:
        """Run a script on the server, as root, and return what it prints.

        Raises:
            CommandFailed: It ended with another exit code than 0.
            LabError: The cluster does not run.
        """
        return shell.run(self.command(*argv), timeout=_SECONDS).stdout
