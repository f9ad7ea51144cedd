"""What a cluster of the user's own has to offer: looked at through their context, changing nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from lab_helpers import files
from lab_helpers.cluster.base import STORAGE_CLASS
from lab_helpers.cluster.existing import kubeconfig, namespaces, rights
from lab_helpers.cluster.existing.manifest import ACCOUNT
from lab_helpers.cluster.findings import Finding
from lab_helpers.cluster.own import Own
from lab_helpers.cluster.territory import Territory
from lab_helpers.errors import Forbidden, LabError, Unauthorized
from lab_helpers.kube.client import Client
from lab_helpers.language import gettext as _

__all__ = ["findings", "pull_credentials"]

_PATIENCE_SECONDS = 5.0
_SHOWN = 5


def findings(own: Own, territory: Territory, config: Path, registry: Path) -> Iterator[Finding]:
    """Everything that is needed, in the order in which one would mend it; ends where nothing further can be seen.

    Args:
        own: What the user said.
        territory: What the workbook does there.
        config: Where the context is put, a private file.
        registry: The directory where the registry is noted.
    """
    yield (finding := _look("kubeconfig", lambda: _extract(own, territory, config)))
    if not finding.ok:
        return
    yield (finding := _look(_("API server"), lambda: _reach(territory, config)))
    if finding.ok:
        client = Client(config, patience_seconds=_PATIENCE_SECONDS)
        yield (finding := _look(_("namespaces"), lambda: _see_namespaces(client, territory)))
        if finding.ok:
            yield (finding := _look(_("rights"), lambda: _see_rights(client, territory)))
        if finding.ok:
            yield _look(_("names"), lambda: _see_names(client, territory))
            yield _look(_("storage class"), lambda: _see_storage(client, own.storage_class or STORAGE_CLASS))
    yield (finding := _look(_("registry"), lambda: _sign_in(own, registry)))
    if finding.ok:
        yield pull_credentials(registry)


def pull_credentials(registry: Path) -> Finding:
    """Whose credentials the cluster is given to pull, once they have been seen to work.

    Args:
        registry: The directory where the registry is noted.
    """
    return _look(_("pull secrets"), lambda: _see_puller(registry))


def _look(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, ok=True, seen=look())
    except LabError as error:
        object_name = error.object if error.object != name else ""
        description = ": ".join(filter(None, (object_name, error.reason, error.last_event)))
        return Finding(name, ok=False, seen=description, next_step=error.next_step)


def _extract(own: Own, territory: Territory, config: Path) -> str:
    context = own.context or kubeconfig.current_context()
    files.write(config, kubeconfig.extract(context, territory.home), private=True)
    return _("context {context} of {files}").format(context=context, files=", ".join(map(str, kubeconfig.sources())))


def _reach(territory: Territory, config: Path) -> str:
    client = Client(config, patience_seconds=_PATIENCE_SECONDS)
    try:
        return f"{client.server}, Kubernetes {client.server_version()}"
    except LabError as error:
        next_step = f"kubectl version   # {_('with the same context')}"
        if isinstance(error, Unauthorized):
            home = territory.home
            comment = _("as an administrator; then put it into your kubeconfig")
            next_step = f"kubectl -n {home} create token {ACCOUNT} --duration 24h   # {comment}"
        raise LabError(error.reason, object=error.object, last_event=error.last_event, next_step=next_step) from error


def _see_namespaces(client: Client, territory: Territory) -> str:
    needed = territory.namespaces
    namespaces.expect_labelled(client, needed)
    return _("{namespaces} are labelled for the lab").format(namespaces=", ".join(needed))


def _see_rights(client: Client, territory: Territory) -> str:
    lacking = rights.missing(client, territory)
    if lacking:
        more = len(lacking) - _SHOWN
        template = _("this user may not {rights} and {more} more") if more > 0 else _("this user may not {rights}")
        raise LabError(
            template.format(rights="; ".join(lacking[:_SHOWN]), more=more),
            next_step=f"lab admin-manifest | kubectl apply -f -   # {_('as an administrator of the cluster')}",
        )
    return _("all that the workbook does in them is allowed")


def _see_names(client: Client, territory: Territory) -> str:
    namespaces.expect_free(client, territory.makes)
    return _("nothing in them is called as what the workbook makes")


def _see_storage(client: Client, name: str) -> str:
    try:
        storage_class = client.get("storageclass", name)
    except Forbidden:
        return _("{name}; whether it is there is not for this user to see").format(name=name)
    if storage_class is None:
        reason, other = _("is not there, and claims would wait for it"), _("then: --storage-class NAME")
        raise LabError(reason, object=f"storageclass/{name}", next_step=f"kubectl get storageclass   # {other}")
    return name


def _sign_in(own: Own, directory: Path) -> str:
    from lab_helpers.images import registry

    if not own.registry:
        fitting = _("one that you may push to and its nodes may pull from")
        raise LabError(
            _("none was named, and the cluster's nodes do not know the lab's"),
            next_step=f"--registry registry.example.com/team   # {fitting}",
        )
    user_registry = registry.own(
        directory,
        own.registry,
        ca=own.registry_ca,
        config=own.registry_config,
        pull_config=own.registry_pull_config,
    )
    try:
        registry.sign_in(user_registry)
    except LabError as error:
        error.next_step = _mending(error, user_registry.host)
        raise
    return _("{registry}, signed in as {user}").format(registry=user_registry.root, user=user_registry.username)


def _see_puller(directory: Path) -> str:
    """Whose credentials the cluster is given, where whoever may read its Secrets reads them."""
    from lab_helpers.images import registry

    user_registry = registry.load(directory)
    puller = user_registry.puller
    if puller.authorization == user_registry.authorization:
        return _(
            "hold {user}'s credentials, the very ones that push: whoever reads Secrets in the lab's namespaces can "
            "push too; to put others there, that only pull: --registry-pull-config FILE"
        ).format(user=user_registry.username)
    try:
        registry.sign_in(puller)
    except LabError as error:
        mend = _("credentials for {host} that may pull").format(host=user_registry.host)
        error.next_step = f"--registry-pull-config FILE   # {mend}"
        raise
    return _("hold the credentials of {user}, and never those of {pusher}").format(
        user=puller.username, pusher=user_registry.username
    )


def _mending(error: LabError, host: str) -> str:
    """What to type where signing in failed; what only points to the lab's own registry is of no use here."""
    if error.next_step not in ("", "lab status"):
        return error.next_step
    if isinstance(error, Unauthorized):
        return f"docker login {host}   # {_('or: --registry-config FILE')}"
    if "CERTIFICATE_VERIFY_FAILED" in error.reason:
        return f"--registry-ca FILE   # {_('the authority that signed its certificate')}"
    return f"curl https://{host}/v2/   # {_('it has to answer there, and by HTTPS')}"
