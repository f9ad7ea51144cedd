"""A cluster lost and rebuilt: production is backed up, destroyed, and comes back from repository and backup alone."""

from __future__ import annotations

import os
import shutil
import signal
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from lab_helpers import language, paths
from lab_helpers.addons import catalogue, installing
from lab_helpers.addons.base import BASE
from lab_helpers.cluster import lifecycle
from lab_helpers.cluster.base import Cluster, State
from lab_helpers.cluster.choose import provider
from lab_helpers.drill import repository
from lab_helpers.drill.directory import DrillDirectory
from lab_helpers.drill.markers import Markers, Proof
from lab_helpers.drill.production import Production, push_images
from lab_helpers.drill.scripts import Scripts
from lab_helpers.drill.server import environment
from lab_helpers.drill.stopwatch import Stopwatch
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop

__all__ = ["Rebuild", "Unfinished"]


class Unfinished(LabError):
    """A drill ended halfway, with a backup that it can be finished from."""


class _Interrupted(Unfinished):
    """Ctrl-C, SIGTERM or SIGHUP ended it."""

    exit_code = 128 + signal.SIGINT


class Rebuild:
    """One drill, on an embedded cluster of its own.

    Args:
        name: The lab's name; no lab of that name is there, and none is left.
        stopwatch: Takes the time.

    Attributes:
        stopwatch: The same.
    """

    def __init__(self, name: str, stopwatch: Stopwatch) -> None:
        self._name = name
        self._files = DrillDirectory(name)
        self._scripts = Scripts(self._files, stopwatch.report)
        self.stopwatch = stopwatch

    def run(self, *, resume: bool = False) -> list[Proof]:
        """Do all of it, and return what is proven; what the drill has kept goes where all of it holds.

        Args:
            resume: Whether to go on with the backup of a drill that ended halfway.

        Raises:
            Unfinished: It ended halfway; it says where the backup lies, and what to type.
            LabError: It did not come to a backup; nothing is left of it.
        """
        if os.geteuid() != 0:
            reason = _("reads and writes the disk of a node, which only root may")
            step = f'sudo "$(command -v lab)" drill rebuild --name {self._name}{" --resume" if resume else ""}'
            raise LabError(reason, object="lab drill rebuild", next_step=step)
        with self._files.alone():
            if resume:
                self._files.expect_backup()
                self.stopwatch.count_from(self._files.loss)
            else:
                self._files.create()
                self._begin()
            with self._resumable():
                proofs = self._recover()
            if all(proof.holds for proof in proofs):
                shutil.rmtree(self._files.path)
            return proofs

    def _begin(self) -> None:
        """Come to the moment of the loss; nothing is left of a drill that does not."""
        try:
            with self.stopwatch.phase(gettext_noop("create a cluster")):
                cluster = self._create_cluster()
            with cluster:
                self._prepare(cluster)
                with self.stopwatch.phase(gettext_noop("destroy the cluster"), is_recovery=True):
                    self._files.keep_loss()
                    cluster.delete()
                    self._expect_lost()
        except BaseException:
            if self._files.loss is not None:  # the backup is all that is left
                with self._resumable():
                    raise
            shutil.rmtree(self._files.path, ignore_errors=True)
            raise

    def _prepare(self, cluster: Cluster) -> None:
        files, report = self._files, self.stopwatch.report
        with self.stopwatch.phase(gettext_noop("deploy production, with sealed secrets")):
            installing.install(catalogue.addon("sealed-secrets"), cluster, report)
            nonce = uuid.uuid4().hex[:12]
            repository.create(files.repository, nonce, environment(files.programs, report, cluster.kubeconfig))
            repository.clone(files.repository, files.tree)
            production = Production(cluster, report)
            production.apply(files.tree)
        with self.stopwatch.phase(gettext_noop("leave markers, and change something by hand")):
            markers = Markers.write(production, nonce)
            markers.change_by_hand(production)
            markers.save(files.markers)
        with self.stopwatch.phase(gettext_noop("back up")):
            self._scripts.back_up(cluster)
        with self.stopwatch.phase(gettext_noop("verify the backup")):
            self._scripts.check()

    def _recover(self) -> list[Proof]:
        """Bring production back on a new cluster, which is gone in the end."""
        files, report = self._files, self.stopwatch.report
        markers = Markers.load(files.markers)
        with self.stopwatch.phase(gettext_noop("create a cluster"), is_recovery=True):
            cluster = self._create_cluster()
        with cluster:
            production = Production(cluster, report)
            with self.stopwatch.phase(gettext_noop("restore the sealing keys"), is_recovery=True):
                repository.clone(files.repository, files.tree)
                self._scripts.restore_keys(cluster)
                installing.install(catalogue.addon("sealed-secrets"), cluster, report)
            with self.stopwatch.phase(gettext_noop("apply the Deploy repository"), is_recovery=True):
                production.apply(files.tree)
                production.report_hour()
            with self.stopwatch.phase(gettext_noop("prove that the data is absent"), is_recovery=True):
                self._expect_absent(markers, production)
            with self.stopwatch.phase(gettext_noop("restore files and databases"), is_recovery=True):
                self._scripts.restore_data(cluster)
            with self.stopwatch.phase(gettext_noop("prove what is back, and what is not"), is_recovery=True):
                return list(markers.proofs(production))

    def _create_cluster(self) -> Cluster:
        report = self.stopwatch.report
        cluster = lifecycle.create(provider("embedded"), self._name, report, BASE)
        try:
            push_images(cluster.registry, report)
        except BaseException:
            cluster.delete()
            raise
        return cluster

    def _expect_lost(self) -> None:
        """Make sure that nothing is left of the cluster.

        Raises:
            LabError: Its directory is still there, or it runs.
        """
        directory = paths.cluster_directory(self._name)
        if directory.exists() or provider("embedded").state(self._name) is not State.ABSENT:
            raise LabError(_("is still there"), object=str(directory), next_step=f"lab down --name {self._name}")

    def _expect_absent(self, markers: Markers, production: Production) -> None:
        """Make sure that the data is not there before it is restored, or nothing would be proven by it.

        Raises:
            LabError: Some of it is.
        """
        remaining = markers.remaining(production)
        if remaining:
            reason = _("is in the new cluster before it was restored")
            raise LabError(reason, object=", ".join(remaining), next_step=f"lab drill rebuild --name {self._name}")

    @contextmanager
    def _resumable(self) -> Iterator[None]:
        """Have an error, and Ctrl-C, say where the backup lies, and what goes on from there."""
        try:
            yield
        except (LabError, KeyboardInterrupt) as error:
            kind = _Interrupted if isinstance(error, KeyboardInterrupt) else Unfinished
            raise kind(
                _("ended halfway ({phase}); the backup lies at {backup}, its key at {key}").format(
                    phase=language.gettext(self.stopwatch.current), backup=self._files.backup, key=self._files.identity
                ),
                object=_("drill {name}").format(name=self._name),
                last_event=str(error),
                next_step=f"lab drill rebuild --name {self._name} --resume",
            ) from error
