"""A cluster of the user's own behind the contract of every provider: connected to, never created nor deleted."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from lab_helpers.cluster import lab_lock, places, record, territory
from lab_helpers.cluster.base import BaseAddons, Cluster, OnRegistry, Report, State, ignore_registry
from lab_helpers.cluster.existing import doctor, kubeconfig, namespaces, remembered
from lab_helpers.cluster.existing.cluster import ExistingCluster
from lab_helpers.cluster.existing.layout import ExistingLayout
from lab_helpers.cluster.findings import Finding, require
from lab_helpers.cluster.names import check_name
from lab_helpers.cluster.own import Own
from lab_helpers.cluster.provider import Provider
from lab_helpers.errors import LabError, NotSupported
from lab_helpers.images.registry import Registry
from lab_helpers.kube.client import Client
from lab_helpers.language import gettext as _

__all__ = ["ExistingProvider"]

_EMPTY_SECONDS = 90.0
_TAKE_BACK_SECONDS = 10.0  # of somebody who has pressed Ctrl-C


class ExistingProvider(Provider):
    """Works on a cluster that is there already, in the namespaces that its administrator labelled for the lab.

    Args:
        own: What the user said about the cluster and the registry.
    """

    name = remembered.PROVIDER
    capabilities = ExistingCluster.capabilities

    def __init__(self, own: Own) -> None:
        self._own = own

    def doctor(self) -> Sequence[Finding]:
        """Say what it needs of that cluster and of the registry."""
        with tempfile.TemporaryDirectory() as directory:
            results = doctor.findings(
                self._own, self._own.territory(), Path(directory) / "kubeconfig", Path(directory) / "registry"
            )
            return [*results, *places.findings()]

    def create(self, name: str, report: Report, base: BaseAddons, on_registry: OnRegistry = ignore_registry) -> Cluster:
        """Connect; see ``Provider.create``. The namespaces are emptied of what a killed lab left in them.

        A kept lab goes on as it is, with the credentials the user has now: those it had may have expired.
        """
        with lab_lock.hold(check_name(name)):
            if remembered.is_kept(name):
                remembered.expect_same_options(self._own, name)
                cluster = ExistingProvider(remembered.completed(self._own, name))._renew(name, report)
                on_registry(cluster.registry)
                return cluster
            self.refuse_running(name)
            self._expect_same_cluster(name)
            layout = remembered.layout(name)
            layout.directory.mkdir(parents=True, exist_ok=True)
            hold = layout.hold()
            try:
                client = self._connect(layout, report)
                _claim(layout, client)
            except BaseException:
                hold.close()
                if remembered.find(name) is None:  # else something of the lab may be on the cluster
                    shutil.rmtree(layout.directory, ignore_errors=True)
                raise
            cluster = ExistingCluster(layout, hold)
            on_registry(cluster.registry)
            return cluster

    def attach(self, name: str) -> Cluster | None:
        """The lab of that name, as long as whoever connected it lives or kept it."""
        if self.state(name) is not State.RUNNING:
            return None
        remembered.expect_same_options(self._own, name)
        return ExistingCluster(remembered.layout(name))

    def state(self, name: str) -> State:
        """What has become of the lab of that name; whether the cluster answers is not asked."""
        entry = remembered.find(name)
        if entry is None:
            return State.ABSENT
        return State.RUNNING if remembered.is_kept(name) or remembered.layout(name).is_held else State.ENDED

    def delete(self, name: str) -> None:
        """Empty the lab's namespaces of what it made in them, and forget the cluster."""
        with lab_lock.hold(check_name(name), deletes=True):
            if remembered.find(name) is not None:
                ExistingCluster(remembered.layout(name)).delete()

    def kubeconfig(self, name: str) -> Path:
        """The lab's own kubeconfig."""
        if remembered.find(name) is None:
            next_step = f"lab up --provider existing --context CONTEXT --registry HOST/PREFIX --name {name}"
            raise LabError(_("has no cluster"), object=_("lab {name}").format(name=name), next_step=next_step)
        return remembered.layout(name).kubeconfig

    def trust_registry(self, name: str, registry: Registry) -> None:
        """Not possible: the nodes are not the lab's.

        Raises:
            NotSupported: Always.
        """
        object_name = _("lab {name}").format(name=name)
        raise NotSupported(_("its nodes are not the lab's to change"), object=object_name, next_step="--registry")

    def _renew(self, name: str, report: Report) -> Cluster:
        self._expect_same_cluster(name)
        layout = remembered.layout(name)
        connected = territory.load(layout.territory)
        require(list(doctor.findings(self._own, connected, layout.kubeconfig, layout.registry)))
        report(_("it goes on, with the credentials you have now"))
        _report_pull_credentials(layout, report)
        return ExistingCluster(layout)

    def _expect_same_cluster(self, name: str) -> None:
        """What a lab of this name made is where its record says, and nobody else knows of it.

        Raises:
            LabError: It is on another cluster than the user names now, or what they name will not do.
        """
        entry = remembered.find(name)
        if entry is None:
            return
        require(self.doctor())
        server = kubeconfig.server(self._own.context or kubeconfig.current_context())
        if server != entry.details["server"]:
            raise LabError(
                _("has worked on {server}, and what it made is still there").format(server=entry.details["server"]),
                object=_("lab {name}").format(name=name),
                next_step=f"lab down --name {name}",
            )

    def _connect(self, layout: ExistingLayout, report: Report) -> Client:
        """Look whether all that is needed is there, and write the record by which the lab is found and undone."""
        report(_("looking at the cluster, its namespaces and the registry"))
        declared = self._own.territory()
        territory.save(declared, layout.territory)
        require(list(doctor.findings(self._own, declared, layout.kubeconfig, layout.registry)))
        _report_pull_credentials(layout, report)
        client = Client(layout.kubeconfig)
        _make_way(layout.name, client.server)
        context = self._own.context or kubeconfig.current_context()
        details = remembered.details(self._own, context, client.server)
        version = client.server_version().removeprefix("v")
        needed = declared.namespaces
        report(
            _("Kubernetes {version}: working in {needed}, and nowhere else").format(
                version=version, needed=", ".join(needed)
            )
        )
        record.save(record.ClusterRecord(layout.name, self.name, time.time(), version, details, kept=False))
        return client


def _report_pull_credentials(layout: ExistingLayout, report: Report) -> None:
    """Say whose credentials go into the cluster."""
    finding = doctor.pull_credentials(layout.registry)
    report(f"{finding.name}: {finding.seen}")


def _claim(layout: ExistingLayout, client: Client) -> None:
    """Make the namespaces the lab's, or take that back; where even this fails the record stays, for `lab down`."""
    needed = territory.load(layout.territory).namespaces
    try:
        namespaces.claim(client, needed)
        namespaces.empty(client, needed, _EMPTY_SECONDS)
    except BaseException:
        with suppress(LabError):  # the first error explains both
            namespaces.take_back(client, needed, _TAKE_BACK_SECONDS)
            record.remove(layout.name)
        raise


def _make_way(name: str, server: str) -> None:
    """Forget killed labs of this cluster, what they left is in the namespaces; two at once would undo each other.

    Raises:
        LabError: Another lab of this machine works there.
    """
    for other in record.names():
        try:
            entry = remembered.find(other)
        except record.Unreadable:
            continue  # `lab status` names it, and `lab down` mends it
        if other == name or entry is None or entry.details["server"] != server:
            continue
        layout = remembered.layout(other)
        if entry.kept or layout.is_held:
            raise LabError(
                _("lab {other} works in the same namespaces").format(other=other),
                object=server,
                next_step=f"lab down --name {other}",
            )
        record.remove(other)
        shutil.rmtree(layout.directory, ignore_errors=True)
