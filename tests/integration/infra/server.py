"""The node of a lab, with the scripts and the programs that a server has, seen from it and from the host."""

from __future__ import annotations

import uuid
from pathlib import Path

from lab_helpers import checkout, shell
from lab_helpers.drill import server
from lab_helpers.testing.fixture import LabFixture

__all__ = ["SECONDS", "Server"]

SECONDS = 120.0


class Server:
    """One directory on the node of a lab.

    Attributes:
        host: Where this machine has it.
        node: Where the node has it.
        scripts: Where the node has the scripts of a k3s server, in a Deploy repository.
    """

    def __init__(self, lab: LabFixture) -> None:
        name = f"backup-{uuid.uuid4().hex[:8]}"
        self._server = server.Server(lab.name, lab.kubeconfig_path, lambda _line: None, name)
        self.host, self.node = self._server.directory, self._server.node
        self.scripts = self._server.bring(checkout.infra_directory()) / "_shared/scripts/k3s"
        (self.host / "backups").mkdir()

    def command(self, *arguments: str | Path, script: str = "backup.sh") -> list[str | Path]:
        """The command that runs a script on the node."""
        return self._server.command(self.scripts / script, *arguments)

    def run(self, *arguments: str | Path, script: str = "backup.sh", check: bool = True) -> shell.Completed:
        """Run a script to its end."""
        return shell.run(self.command(*arguments, script=script), check=check, timeout=SECONDS)

    def backups(self) -> list[Path]:
        """What lies where the backups go, the oldest first."""
        return sorted((self.host / "backups").iterdir())
