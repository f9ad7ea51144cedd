"""A cluster lost and rebuilt: production is backed up, destroyed, and comes back from repository and backup alone."""

from __future__ import annotations

import os
import shutil
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lab_helpers import language, locks, paths, shell
from lab_helpers.addons import catalogue, installing
from lab_helpers.addons.base import BASE
from lab_helpers.cluster import lifecycle
from lab_helpers.cluster.base import Cluster, State
from lab_helpers.cluster.choose import provider
from lab_helpers.drill import repository
from lab_helpers.drill.markers import Markers, Proof
from lab_helpers.drill.production import Production, push_images
from lab_helpers.drill.server import Server, environment
from lab_helpers.drill.stopwatch import Stopwatch
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop

__all__ = ["DEFAULT_NAME", "Rebuild", "Unfinished"]

DEFAULT_NAME = "drill"

_SCRIPTS = "k3s"
_SECONDS = 600.0


class Unfinished(LabError):
    """A drill ended halfway, with a backup that it can be finished from."""


class _Interrupted(Unfinished):
    """Ctrl-C, SIGTERM or SIGHUP ended it."""

    exit_code = 128 + signal.SIGINT


@dataclass
class Rebuild:
    """One drill, on an embedded cluster of its own.

    Attributes:
        name: The lab's name; no lab of that name is there, and none is left.
        stopwatch: Takes the time.
    """

    name: str
    stopwatch: Stopwatch

    def run(self, *, resume: bool = False) -> list[Proof]:
        """Do all of it, and return what is proven; what the drill has kept goes where all of it holds.

        Args:
            resume: Whether to go on with the backup of a drill that ended halfway.

        Raises:
            Unfinished: It ended halfway; it says where the backup lies, and what to type.
            LabError: It did not come to a backup; nothing is left of it.
        """
        self._expect_root()
        with self._alone():
            if resume:
                self._expect_backup()
            else:
                self._refuse_remains()
                self._begin()
            with self._resumable():
                proofs = self._recover()
            if all(proof.holds for proof in proofs):
                shutil.rmtree(self.directory)
            return proofs

    @property
    def directory(self) -> Path:
        """What is not lost with the cluster: repository, backup, the key that opens it, and what is to come back."""
        return paths.state_directory() / "drills" / self.name

    @property
    def backup(self) -> Path:
        """The backup; its directory where there is none yet."""
        directory = self.directory / "backups"
        return next(directory.glob("k3s-*"), directory)

    def _begin(self) -> None:
        """Come to the moment of the loss; nothing is left of a drill that does not."""
        try:
            (self.directory / "backups").mkdir(mode=0o700, parents=True)
            with self.stopwatch.phase(gettext_noop("bring production up")):
                cluster = self._create_cluster()
            with cluster:
                self._prepare(cluster)
                with self._resumable(), self.stopwatch.phase(gettext_noop("destroy the cluster"), is_recovery=True):
                    cluster.delete()
                    self._expect_lost()
        except Unfinished:
            raise
        except BaseException:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise

    def _prepare(self, cluster: Cluster) -> None:
        with self.stopwatch.phase(gettext_noop("deploy production, with sealed secrets")):
            installing.install(catalogue.addon("sealed-secrets"), cluster, self.stopwatch.report)
            nonce = uuid.uuid4().hex[:12]
            repository.create(self._repository, nonce, self._environment(cluster))
            repository.clone(self._repository, self._tree)
            production = Production(cluster, self.stopwatch.report)
            production.apply(self._tree)
        with self.stopwatch.phase(gettext_noop("leave markers, and change something by hand")):
            markers = Markers.write(production, nonce)
            markers.change_by_hand(production)
            markers.save(self._markers)
        with self.stopwatch.phase(gettext_noop("back up")):
            self._back_up(cluster)
        with self.stopwatch.phase(gettext_noop("verify the backup")):
            self._restore("check", environment(self._programs, self.stopwatch.report))

    def _recover(self) -> list[Proof]:
        """Bring production back on a new cluster, which is gone in the end."""
        markers = Markers.load(self._markers)
        with self.stopwatch.phase(gettext_noop("create a cluster"), is_recovery=True):
            cluster = self._create_cluster()
        with cluster:
            production = Production(cluster, self.stopwatch.report)
            with self.stopwatch.phase(gettext_noop("restore the sealing keys"), is_recovery=True):
                repository.clone(self._repository, self._tree)
                self._restore("keys", self._environment(cluster))
                installing.install(catalogue.addon("sealed-secrets"), cluster, self.stopwatch.report)
            with self.stopwatch.phase(gettext_noop("apply the Deploy repository"), is_recovery=True):
                production.apply(self._tree)
                production.report_hour()
            with self.stopwatch.phase(gettext_noop("prove that the data is absent"), is_recovery=True):
                self._expect_absent(markers, production)
            with self.stopwatch.phase(gettext_noop("restore files and databases"), is_recovery=True):
                self._restore_data(cluster)
            with self.stopwatch.phase(gettext_noop("prove what is back, and what is not"), is_recovery=True):
                return list(markers.proofs(production))

    def _create_cluster(self) -> Cluster:
        report = self.stopwatch.report
        cluster = lifecycle.create(provider("embedded"), self.name, report, BASE)
        try:
            push_images(cluster.registry, report)
        except BaseException:
            cluster.delete()
            raise
        return cluster

    def _back_up(self, cluster: Cluster) -> None:
        keygen = self._programs / "age-keygen"
        shell.run([keygen, "--output", self._identity])
        recipient = shell.run([keygen, "-y", self._identity]).stdout.strip()
        server = Server(self.name, cluster.kubeconfig, self.stopwatch.report)
        backups = server.directory / "backups"
        backups.mkdir(mode=0o700)
        scripts = server.bring(repository.script(self._tree, _SCRIPTS))
        server.run(scripts / "backup.sh", "--recipient", recipient, server.path("backups"))
        for backup in backups.iterdir():
            shutil.move(backup, self.directory / "backups")

    def _restore(self, step: str, variables: dict[str, str]) -> None:
        script = repository.script(self._tree, f"{_SCRIPTS}/restore.sh")
        argv: list[str | Path] = [script, "--identity", self._identity, step, repository.ENVIRONMENT, self.backup]
        shell.run(argv, env=variables, timeout=_SECONDS)

    def _restore_data(self, cluster: Cluster) -> None:
        server = Server(self.name, cluster.kubeconfig, self.stopwatch.report)
        script = repository.script(server.bring(self._tree), f"{_SCRIPTS}/restore.sh")
        identity, backup = server.bring(self._identity), server.bring(self.backup)
        server.run(script, "--identity", identity, "data", repository.ENVIRONMENT, backup)

    def _expect_lost(self) -> None:
        """Make sure that nothing is left of the cluster.

        Raises:
            LabError: Its directory is still there, or it runs.
        """
        directory = paths.cluster_directory(self.name)
        if directory.exists() or provider("embedded").state(self.name) is not State.ABSENT:
            raise LabError(_("is still there"), object=str(directory), next_step=f"lab down --name {self.name}")

    def _expect_absent(self, markers: Markers, production: Production) -> None:
        """Make sure that the data is not there before it is restored, or nothing would be proven by it.

        Raises:
            LabError: Some of it is.
        """
        remaining = markers.remaining(production)
        if remaining:
            reason = _("is in the new cluster before it was restored")
            raise LabError(reason, object=", ".join(remaining), next_step=f"lab drill rebuild --name {self.name}")

    @contextmanager
    def _resumable(self) -> Iterator[None]:
        """Have an error, and Ctrl-C, say where the backup lies, and what goes on from there."""
        try:
            yield
        except (LabError, KeyboardInterrupt) as error:
            kind = _Interrupted if isinstance(error, KeyboardInterrupt) else Unfinished
            raise kind(
                _("ended halfway ({phase}); the backup lies at {backup}, its key at {key}").format(
                    phase=language.gettext(self.stopwatch.current), backup=self.backup, key=self._identity
                ),
                object=_("drill {name}").format(name=self.name),
                last_event=str(error),
                next_step=f"lab drill rebuild --name {self.name} --resume",
            ) from error

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        object_name = _("drill {name}").format(name=self.name)
        lock, step = self.directory.with_suffix(".lock"), f"lab drill rebuild --name {self.name}-2"
        with locks.hold(lock, "lab drill rebuild", object=object_name, next_step=step):
            yield

    @staticmethod
    def _expect_root() -> None:
        if os.geteuid() != 0:
            reason = _("reads and writes the disk of a node, which only root may")
            raise LabError(reason, object="lab drill rebuild", next_step='sudo "$(command -v lab)" drill rebuild')

    def _expect_backup(self) -> None:
        if not (self.backup.is_file() and self._markers.is_file()):
            step = f"lab drill rebuild --name {self.name}"
            raise LabError(_("there is no backup to go on with"), object=str(self.directory), next_step=step)

    def _refuse_remains(self) -> None:
        """Make sure that neither a lab of that name is there nor a drill that ended halfway.

        Raises:
            LabError: One is; a drill destroys a cluster of its own only.
        """
        if provider("embedded").state(self.name) is not State.ABSENT or paths.state_directory(self.name).exists():
            raise LabError(
                _("is there, and a drill destroys no cluster but its own"),
                object=_("lab {name}").format(name=self.name),
                next_step=f"lab drill rebuild --name {self.name}-2",
            )
        if self.directory.exists():
            step = f"lab drill rebuild --name {self.name} --resume   # rm -r {self.directory}"
            raise LabError(
                _("holds the backup of a drill that ended halfway"), object=str(self.directory), next_step=step
            )

    def _environment(self, cluster: Cluster) -> dict[str, str]:
        return environment(self._programs, self.stopwatch.report, cluster.kubeconfig)

    @cached_property
    def _programs(self) -> Path:
        return self.directory / "bin"

    @property
    def _repository(self) -> Path:
        return self.directory / "infra.git"

    @property
    def _tree(self) -> Path:
        return self.directory / "infra"

    @property
    def _identity(self) -> Path:
        return self.directory / "age.key"

    @property
    def _markers(self) -> Path:
        return self.directory / "markers.json"
