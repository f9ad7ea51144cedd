"""Install an add-on on a cluster, and take all of it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from itertools import groupby

from lab_helpers import language
from lab_helpers.addons import applied, images, manifests, rendering, upstream
from lab_helpers.addons.applied import Identity
from lab_helpers.addons.base import FIELD_MANAGER
from lab_helpers.addons.conditions import established, wait_for
from lab_helpers.addons.contract import Addon
from lab_helpers.cluster.base import Cluster, Report
from lab_helpers.errors import LabError, NotSupported, WaitTimeout
from lab_helpers.kube.client import Client
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.locks import exclusively

__all__ = ["Presence", "build", "install", "presence", "remove"]

_READY_SECONDS = 120.0
_GONE_SECONDS = 60.0
_DEFINED_SECONDS = 60.0
_THEIRS = "existing"


class Presence(StrEnum):
    """How an add-on is with a cluster."""

    READY = "ready"
    NOT_READY = "unready"
    ABSENT = "absent"


def build(addon: Addon, report: Report) -> None:
    """Build ahead what installing it takes, without a cluster; quick when it has been done.

    Raises:
        LabError: A program or a package is not to be had.
    """
    images.build(addon, report)
    manifests.build(addon, upstream.manifests(addon, report))


def install(addon: Addon, cluster: Cluster, report: Report) -> None:
    """Install an add-on and wait until it is ready; may be repeated, and by several processes at once.

    Args:
        addon: Which one.
        cluster: Where.
        report: Told what happens.

    Raises:
        NotSupported: The cluster is somebody else's, and the add-on is not there.
        LabError: The cluster lacks something it needs, one of its images cannot be built, or one of its manifests is
            refused.
        WaitTimeout: It did not become ready in time.
    """
    if cluster.provider == _THEIRS:
        _expect_there(addon, cluster)
        return
    with _alone(addon, cluster):
        if cluster.provider not in addon.provided:
            _expect_needs(addon, cluster)
            _apply_all(addon, cluster, report)
        report(_("waiting for add-on {name}").format(name=addon.name))
        wait_for(addon.conditions(cluster.provider), cluster, _READY_SECONDS)


def remove(addons: Sequence[Addon], cluster: Cluster, report: Report) -> None:
    """Take back all that was applied of add-ons, cluster-wide objects included; nothing there is no error.

    Several go together: the API server takes 5 s and more for each definition and each namespace, whatever is in it.

    Args:
        addons: Which ones.
        cluster: Where.
        report: Told what happens.

    Raises:
        NotSupported: The cluster would be of no use without one, or it was not the lab that brought it.
        WaitTimeout: Something of them does not go away.
    """
    for addon in addons:
        _expect_removable(addon, cluster)
    with ExitStack() as held:
        for addon in sorted(addons, key=lambda addon: addon.name):
            held.enter_context(_alone(addon, cluster))
        noted = {addon.name: applied.identities(addon, cluster) for addon in addons}
        present = [addon for addon in addons if noted[addon.name]]
        if not present:
            return
        for addon in present:
            report(_("removing add-on {name}").format(name=addon.name))
        client = Client(cluster.kubeconfig)
        _delete_all(client, [identity for addon in present for identity in noted[addon.name]])
        for addon in present:
            _delete_generated(client, addon)  # which it would only make again as long as it runs
            applied.forget(addon, cluster)


def _expect_removable(addon: Addon, cluster: Cluster) -> None:
    object_name = _("add-on {name}").format(name=addon.name)
    if addon.is_base:
        raise NotSupported(_("no cluster is of use without it"), object=object_name, next_step="lab addon list")
    if cluster.provider in addon.provided:
        reason = _("comes with the clusters of provider {provider}, not from the lab")
        raise NotSupported(reason.format(provider=cluster.provider), object=object_name, next_step="lab addon list")


def presence(addon: Addon, cluster: Cluster) -> Presence:
    """Whether an add-on is there, and ready.

    Raises:
        LabError: The cluster does not answer.
    """
    if cluster.provider == _THEIRS and _THEIRS not in addon.provided:
        return Presence.ABSENT  # nothing that this user may look at would tell
    if all(condition.holds(cluster) for condition in addon.conditions(cluster.provider)):
        return Presence.READY
    is_there = addon.is_base or _came_along(addon, cluster) or applied.identities(addon, cluster)
    return Presence.NOT_READY if is_there else Presence.ABSENT


def _came_along(addon: Addon, cluster: Cluster) -> bool:
    """Whether the cluster came with it, so far as its workloads tell: a kind cluster may have another network."""
    if cluster.provider not in addon.provided or cluster.provider == _THEIRS:
        return False
    workloads = [condition for condition in addon.provided[cluster.provider] if condition.namespace]
    return all(cluster.read(condition.path) is not None for condition in workloads)


@contextmanager
def _alone(addon: Addon, cluster: Cluster) -> Iterator[None]:
    """One process at a time installs or removes an add-on of a cluster; the others wait for it."""
    with exclusively(applied.directory(cluster) / addon.name):
        yield


def _expect_there(addon: Addon, cluster: Cluster) -> None:
    object_name = _("add-on {name}").format(name=addon.name)
    reason = _("is not there, and on a cluster of yours the lab installs nothing outside its namespaces")
    try:
        is_there = _THEIRS in addon.provided and all(condition.holds(cluster) for condition in addon.provided[_THEIRS])
    except LabError as error:
        raise NotSupported(reason, object=object_name, last_event=str(error)) from error
    if not is_there:
        raise NotSupported(reason, object=object_name)


def _expect_needs(addon: Addon, cluster: Cluster) -> None:
    for condition in addon.needs:
        if not condition.holds(cluster):
            lacking = language.gettext(condition.object)
            reason = _("needs what this cluster lacks: {object}").format(object=lacking)
            raise LabError(
                reason,
                object=_("add-on {name}").format(name=addon.name),
                next_step=f"lab down --name {cluster.name} && lab up --name {cluster.name}",
            )


def _apply_all(addon: Addon, cluster: Cluster, report: Report) -> None:
    references = images.push(addon, cluster, report)
    objects = rendering.render(addon, cluster.provider, references, upstream.manifests(addon, report))
    objects = rendering.with_pull_secret(objects, f"kubernetes-lab-{addon.name}", cluster.registry.docker_credentials())
    report(_("applying add-on {name}").format(name=addon.name))
    applied.note(addon, cluster, objects)
    client = Client(cluster.kubeconfig)
    definitions = [content for content in objects if content["kind"] == rendering.DEFINITION]
    _apply(addon, cluster, client, definitions)
    wait_for([established(content["metadata"]["name"]) for content in definitions], cluster, _DEFINED_SECONDS)
    _apply(addon, cluster, client, objects[len(definitions) :])


def _apply(addon: Addon, cluster: Cluster, client: Client, objects: Sequence[Object]) -> None:
    for content in objects:
        try:
            client.apply(content, field_manager=FIELD_MANAGER)
        except WaitTimeout:
            raise  # of the API server, which was not heard
        except LabError as error:
            raise LabError(
                _("a manifest was refused: {reason}").format(reason=error.reason),
                object=f"{_('add-on {name}').format(name=addon.name)}: {error.object}",
                last_event=error.last_event,
                next_step=f"lab addon remove {addon.name} --name {cluster.name}",
            ) from error


def _delete_all(client: Client, noted: Sequence[Identity]) -> None:
    """Delete in the order that leaves nothing behind, and wait for each kind of thing before the next."""
    groups = {identity.name.partition(".")[2] for identity in noted if identity.kind == rendering.DEFINITION}
    # Custom resources go with their definitions, while the controllers that may have to release them still run.
    own = [identity for identity in reversed(noted) if identity.api_version.partition("/")[0] not in groups]
    for _rank, identities in groupby(sorted(own, key=_removal_rank), key=_removal_rank):
        together = list(identities)
        for seconds in (0.0, _GONE_SECONDS):  # all at once, then wait for each
            for identity in together:
                _delete(client, identity, seconds)


def _delete_generated(client: Client, addon: Addon) -> None:
    for selection in addon.generated:
        for content in client.list(selection.kind, selection.namespace, selection.selector):
            client.delete(selection.kind, content["metadata"]["name"], selection.namespace, wait_seconds=_GONE_SECONDS)


def _delete(client: Client, identity: Identity, seconds: float) -> None:
    client.delete(
        identity.kind,
        identity.name,
        identity.namespace or None,
        wait_seconds=seconds,
        with_dependents=True,
        api_version=identity.api_version,
    )


def _removal_rank(identity: Identity) -> int:
    kinds: tuple[tuple[str, ...], ...] = (rendering.LAST, (rendering.DEFINITION,), (), ("Namespace",))
    return next((rank for rank, those in enumerate(kinds) if identity.kind in those), kinds.index(()))
