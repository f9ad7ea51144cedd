"""The node of a lab, with the scripts and the programs that a server has, seen from it and from the host."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from lab_helpers import checkout, programs, shell
from lab_helpers.cluster.embedded import inside
from lab_helpers.testing.fixture import LabFixture

__all__ = ["SECONDS", "Server"]

SECONDS = 120.0
_PROGRAMS = ("etcdctl", "etcdutl", "kubectl", "kubeseal", "age", "age-keygen")


class Server:
    """One directory on the node of a lab.

    Attributes:
        host: Where this machine has it.
        node: Where the node has it.
        scripts: Where the node has the scripts of a k3s server, in a Deploy repository.
    """

    def __init__(self, lab: LabFixture) -> None:
        self._lab = lab.name
        self.host = inside.data_directory(lab.name) / f"backup-{uuid.uuid4().hex[:8]}"
        self.node = Path("/data") / self.host.name
        self.scripts = self.node / "infra/_shared/scripts/k3s"
        (self.host / "bin").mkdir(parents=True)
        (self.host / "backups").mkdir()
        for path in programs.resolve(lambda line: None, *_PROGRAMS).values():
            shutil.copy(path, self.host / "bin")
        shutil.copytree(checkout.infra_directory() / "_shared", self.host / "infra/_shared")
        shutil.copy(lab.kubeconfig_path, self.host / "kubeconfig")

    def command(self, *arguments: str | Path, script: str = "backup.sh") -> list[str | Path]:
        """The command that runs a script on the node."""
        environment = [
            f"PATH={self.node}/bin:/usr/bin:/bin",
            f"KUBECONFIG={self.node}/kubeconfig",
            "ETCDCTL_ENDPOINTS=unix:///run/etcd/client",
        ]
        return inside.command(self._lab, ["env", *environment, self.scripts / script, *arguments])

    def run(self, *arguments: str | Path, script: str = "backup.sh", check: bool = True) -> shell.Completed:
        """Run a script to its end."""
        return shell.run(self.command(*arguments, script=script), check=check, timeout=SECONDS)

    def backups(self) -> list[Path]:
        """What lies where the backups go, the oldest first."""
        return sorted((self.host / "backups").iterdir())
