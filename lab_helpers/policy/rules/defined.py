"""What a pod or an Ingress names is defined in the repository, or said to come from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.finding import Severity
from lab_helpers.policy.manifests.definitions import definitions
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.judging import KINDS, each, is_vendored, once, violation
from lab_helpers.policy.manifests.references import references
from lab_helpers.policy.registry import Violation, rule

_WHY = gettext_noop(
    "The pod waits in ContainerCreating, Pending or CreateContainerConfigError; only its events say why."
)


def _undefined(stock: Inventory, kind: str, uses: tuple[str, ...]) -> Iterator[Violation]:
    known = definitions(stock)
    for deployment, manifest in each(stock.deployments):
        if is_vendored(manifest) or not deployment.is_listed:
            continue
        for reference in references(manifest):
            if reference.kind != kind or reference.use not in uses or reference.is_optional:
                continue
            if not known.has(deployment, manifest, reference):
                namespaces = sorted(known.elsewhere(reference))
                message = (
                    _("{kind} {name} is only in the namespace {namespaces}")
                    if namespaces
                    else _("{kind} {name} is defined nowhere here, and no page or script says how it is made")
                ).format(kind=kind, name=reference.name, namespaces=", ".join(namespaces))
                yield violation(manifest, message, reference.origin)


@rule(
    "claim-undefined",
    section="3.3",
    kinds=KINDS,
    title=gettext_noop("A claim that is used is defined"),
    why=_WHY,
    fix=gettext_noop("Add the PersistentVolumeClaim to the base, or mend the name or the namespace."),
)
@once
def claims(stock: Inventory) -> Iterator[Violation]:
    """Claims that pods use and nothing defines."""
    yield from _undefined(stock, "PersistentVolumeClaim", ("volume",))


@rule(
    "configmap-undefined",
    section="3.3",
    kinds=KINDS,
    title=gettext_noop("A ConfigMap that is used is defined"),
    why=_WHY,
    fix=gettext_noop("Add the ConfigMap, mend the name or the namespace, or mark it `optional: true`."),
)
@once
def configmaps(stock: Inventory) -> Iterator[Violation]:
    """ConfigMaps that pods use and nothing defines."""
    yield from _undefined(stock, "ConfigMap", ("env", "volume"))


@rule(
    "secret-undefined",
    section="1.3",
    kinds=KINDS,
    severity=Severity.WARNING,
    title=gettext_noop("A Secret that is used is defined, or its making is written down"),
    why=gettext_noop(
        "A cluster that is built again lacks it, and only whoever once typed the command knows how it is made: "
        "CreateContainerConfigError."
    ),
    fix=gettext_noop("Add it sealed, or write in the README with which command it is made."),
)
@once
def secrets(stock: Inventory) -> Iterator[Violation]:
    """Secrets that pods use, that nothing defines and no page or script mentions."""
    yield from _undefined(stock, "Secret", ("env", "volume", "pull"))


@rule(
    "tls-undefined",
    section="3.3",
    kinds=KINDS,
    severity=Severity.WARNING,
    title=gettext_noop("The certificate of an Ingress is in its namespace"),
    why=gettext_noop("The controller serves its own certificate instead: the browser warns, and no event does."),
    fix=gettext_noop(
        "Let cert-manager make it (an annotation, or a Certificate), or seal it in the Ingress's namespace."
    ),
)
@once
def certificates(stock: Inventory) -> Iterator[Violation]:
    """TLS Secrets of an Ingress that nothing defines or makes."""
    annotated = {
        manifest.reference
        for manifest in stock.manifests
        if any("cert-manager.io/" in key or "tls-acme" in key or "issuer" in key for key in manifest.annotations)
    }
    for entry in _undefined(stock, "Secret", ("tls",)):
        if entry.object not in annotated:
            yield entry
