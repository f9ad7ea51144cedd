"""What the Deploy repository's own scripts do in a drill: back up the server, and restore from the backup alone."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab_helpers import shell
from lab_helpers.cluster.base import Cluster, Report
from lab_helpers.drill import repository
from lab_helpers.drill.directory import DrillDirectory
from lab_helpers.drill.server import Server, environment

__all__ = ["Scripts"]

_BACKUP, _RESTORE = "k3s/backup.sh", "k3s/restore.sh"
_SECONDS = 600.0


class Scripts:
    """``backup.sh`` and ``restore.sh``, as a drill's clone of the repository has them.

    Args:
        files: What the drill keeps.
        report: Told when a program has to be built.
    """

    def __init__(self, files: DrillDirectory, report: Report) -> None:
        self._files = files
        self._report = report

    def back_up(self, cluster: Cluster) -> None:
        """Back up a cluster on its server, for a new key, and take the backup from there.

        Raises:
            LabError: It could not be made.
        """
        keygen = self._files.programs / "age-keygen"
        shell.run([keygen, "--output", self._files.identity])
        recipient = shell.run([keygen, "-y", self._files.identity]).stdout.strip()
        server = self._server(cluster)
        backups = server.directory / "backups"
        backups.mkdir(mode=0o700)
        scripts = server.bring(repository.script(self._files.tree, _BACKUP).parent)
        server.run(scripts / Path(_BACKUP).name, "--recipient", recipient, server.node / "backups")
        for backup in backups.iterdir():
            shutil.move(backup, self._files.backups)

    def check(self) -> None:
        """Make sure that the backup may be relied on.

        Raises:
            LabError: It may not.
        """
        self._restore("check")

    def restore_keys(self, cluster: Cluster) -> None:
        """Bring back the keys of the sealed secrets.

        Raises:
            LabError: They could not be restored.
        """
        self._restore("keys", cluster.kubeconfig)

    def restore_data(self, cluster: Cluster) -> None:
        """Bring back files and databases, on the server.

        Raises:
            LabError: They could not be restored.
        """
        server = self._server(cluster)
        script = repository.script(server.bring(self._files.tree), _RESTORE)
        identity, backup = server.bring(self._files.identity), server.bring(self._files.backup)
        server.run(script, "--identity", identity, "data", repository.ENVIRONMENT, backup)

    def _restore(self, step: str, kubeconfig: Path | None = None) -> None:
        files = self._files
        argv: list[str | Path] = [repository.script(files.tree, _RESTORE), "--identity", files.identity]
        argv += [step, repository.ENVIRONMENT, files.backup]
        shell.run(argv, env=environment(files.programs, self._report, kubeconfig), timeout=_SECONDS)

    def _server(self, cluster: Cluster) -> Server:
        return Server(self._files.name, cluster.kubeconfig, self._report)
