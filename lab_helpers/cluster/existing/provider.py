"""A cluster of the user's own behind the contract of every provider: connected to, never created nor deleted."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from lab_helpers import paths
from lab_helpers.cluster import record
from lab_helpers.cluster.base import (
    Cluster,
    Finding,
    OnRegistry,
    Provider,
    Report,
    State,
    check_name,
    let_be,
    require,
)
from lab_helpers.cluster.existing import doctor, kubeconfig, namespaces
from lab_helpers.cluster.existing.cluster import ExistingCluster
from lab_helpers.cluster.existing.layout import Layout
from lab_helpers.cluster.own import Own
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

    name = "existing"
    capabilities = ExistingCluster.capabilities

    def __init__(self, own: Own) -> None:
        self._own = own

    def doctor(self) -> Sequence[Finding]:
        """Say what it needs of that cluster and of the registry."""
        with tempfile.TemporaryDirectory() as directory:
            return list(doctor.findings(self._own, Path(directory) / "kubeconfig", Path(directory) / "registry"))

    def create(self, name: str, report: Report, on_registry: OnRegistry = let_be) -> Cluster:
        """Connect; see ``Provider.create``. The namespaces are emptied of what a killed lab left in them.

        A kept lab goes on as it is, with the credentials the user has now: those it had may have expired.
        """
        with record.lock(check_name(name)):
            if _is_kept(name):
                cluster = ExistingProvider(self._completed(name))._renew(name, report)
                on_registry(cluster.registry)
                return cluster
            self.refuse_running(name)
            self._expect_same_cluster(name)
            layout = _layout(name)
            layout.directory.mkdir(parents=True, exist_ok=True)
            hold = layout.hold()
            try:
                client = self._connect(layout, report)
                _claim(layout, client)
            except BaseException:
                hold.close()
                if _record(name) is None:  # else something of the lab may be on the cluster
                    shutil.rmtree(layout.directory, ignore_errors=True)
                raise
            cluster = ExistingCluster(layout, hold)
            on_registry(cluster.registry)
            return cluster

    def attach(self, name: str) -> Cluster | None:
        """The lab of that name, as long as whoever connected it lives or kept it."""
        if self.state(name) is not State.RUNNING:
            return None
        self._expect_same_options(name)
        return ExistingCluster(_layout(name))

    def state(self, name: str) -> State:
        """What has become of the lab of that name; whether the cluster answers is not asked."""
        found = _record(name)
        if found is None:
            return State.ABSENT
        return State.RUNNING if _is_kept(name) or _layout(name).is_held else State.ENDED

    def delete(self, name: str) -> None:
        """Empty the lab's namespaces of what it made in them, and forget the cluster."""
        with record.lock(check_name(name), deletes=True):
            if _record(name) is not None:
                ExistingCluster(_layout(name)).delete()

    def kubeconfig(self, name: str) -> Path:
        """The lab's own kubeconfig."""
        if _record(name) is None:
            next_step = f"lab up --provider existing --context CONTEXT --registry HOST/PREFIX --name {name}"
            raise LabError(_("has no cluster"), object=_("lab {name}").format(name=name), next_step=next_step)
        return _layout(name).kubeconfig

    def trust_registry(self, name: str, registry: Registry) -> None:
        """Not possible: the nodes are not the lab's.

        Raises:
            NotSupported: Always.
        """
        called = _("lab {name}").format(name=name)
        raise NotSupported(_("its nodes are not the lab's to change"), object=called, next_step="--registry")

    def _completed(self, name: str) -> Own:
        """What the user says now, and what they said when they connected where they say nothing."""
        self._expect_same_options(name)
        found = _record(name)
        assert found is not None, "a kept lab has a record"
        own, then = self._own, {option: str(told) for option, told in found.details.items()}
        return Own(
            context=own.context or then["context"],
            registry=own.registry or then["registry"],
            registry_ca=own.registry_ca or _path(then["registry_ca"]),
            registry_config=own.registry_config or _path(then["registry_config"]),
            storage_class=own.storage_class or then["storage_class"],
        )

    def _renew(self, name: str, report: Report) -> Cluster:
        self._expect_same_cluster(name)
        layout = _layout(name)
        require(list(doctor.findings(self._own, layout.kubeconfig, layout.registry)))
        report(_("it goes on, with the credentials you have now"))
        return ExistingCluster(layout)

    def _expect_same_cluster(self, name: str) -> None:
        """What a lab of this name made is where its record says, and nobody else knows of it.

        Raises:
            LabError: It is on another cluster than the user names now, or what they name will not do.
        """
        found = _record(name)
        if found is None:
            return
        require(self.doctor())
        server = kubeconfig.server(self._own.context or kubeconfig.current_context())
        if server != found.details["server"]:
            raise LabError(
                _("has worked on {server}, and what it made is still there").format(server=found.details["server"]),
                object=_("lab {name}").format(name=name),
                next_step=f"lab down --name {name}",
            )

    def _connect(self, layout: Layout, report: Report) -> Client:
        """Look whether all that is needed is there, and write the record by which the lab is found and undone."""
        report(_("looking at the cluster, its namespaces and the registry"))
        require(list(doctor.findings(self._own, layout.kubeconfig, layout.registry)))
        client = Client(layout.kubeconfig)
        _make_way(layout.name, client.server)
        details: dict[str, object] = {
            "server": client.server,
            "context": self._own.context or kubeconfig.current_context(),
            "registry": self._own.registry.rstrip("/"),
            "registry_ca": str(self._own.registry_ca or ""),
            "registry_config": str(self._own.registry_config or ""),
            "storage_class": self._own.storage_class,
            "kept": False,
        }
        version = client.server_version().removeprefix("v")
        needed = namespaces.required()
        report(
            _("Kubernetes {version}: working in {needed}, and nowhere else").format(
                version=version, needed=", ".join(needed)
            )
        )
        record.save(record.Record(layout.name, self.name, time.time(), version, details))
        return client

    def _expect_same_options(self, name: str) -> None:
        found = _record(name)
        for said, told in (
            ("context", _("works with context {then!r}, not {now!r}")),
            ("registry", _("works with registry {then!r}, not {now!r}")),
            ("storage_class", _("works with storage class {then!r}, not {now!r}")),
        ):
            now, then = getattr(self._own, said).rstrip("/"), found.details[said] if found else ""
            if now and now != then:
                raise LabError(
                    told.format(then=then, now=now),
                    object=_("lab {name}").format(name=name),
                    next_step=f"lab down --name {name}",
                )


def _path(told: str) -> Path | None:
    return Path(told) if told else None


def _layout(name: str) -> Layout:
    return Layout(name, paths.state_directory(name) / "cluster")


def _record(name: str) -> record.Record | None:
    found = record.load(check_name(name))
    return found if found is not None and found.provider == ExistingProvider.name else None


def _is_kept(name: str) -> bool:
    found = _record(name)
    return found is not None and bool(found.details.get("kept"))


def _claim(layout: Layout, client: Client) -> None:
    """Make the namespaces the lab's, or take that back; where even this fails the record stays, for `lab down`."""
    needed = namespaces.required()
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
        found = _record(other)
        if other == name or found is None or found.details["server"] != server:
            continue
        layout = _layout(other)
        if found.details.get("kept") or layout.is_held:
            raise LabError(
                _("lab {other} works in the same namespaces").format(other=other),
                object=server,
                next_step=f"lab down --name {other}",
            )
        record.remove(other)
        shutil.rmtree(layout.directory, ignore_errors=True)
