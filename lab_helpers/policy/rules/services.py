"""Traffic arrives: a Service selects pods and names their port, an Ingress names a Service and one of its ports."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.finding import Severity
from lab_helpers.policy.manifests.definitions import definitions
from lab_helpers.policy.manifests.deployment import Deployment
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.judging import KINDS, each, is_vendored, once, violation
from lab_helpers.policy.manifests.nodes import Map, Number, Origin, dig, mappings, text
from lab_helpers.policy.manifests.objects import Manifest, Pods
from lab_helpers.policy.manifests.references import references
from lab_helpers.policy.manifests.selecting import Selector
from lab_helpers.policy.manifests.selection import is_known, selected
from lab_helpers.policy.registry import Violation, rule

# What is spelled otherwise is no name yet, but stands for one or for a number.
_PORT_NAME = re.compile(r"[a-z0-9-]*[a-z][a-z0-9-]*")
# prometheus-operator makes them, under these names, wherever it runs one of its servers.
_OPERATED = frozenset({"alertmanager-operated", "prometheus-operated", "thanos-ruler-operated"})


@rule(
    "service-selector",
    section="3.3",
    kinds=KINDS,
    title=gettext_noop("A Service selects pods"),
    why=gettext_noop("The Service is there and its endpoints are empty: connection refused, or 503 from the Ingress."),
    fix=gettext_noop("Compare its selector with the labels of the pod template, letter by letter, and the namespaces."),
)
@once
def selectors(stock: Inventory) -> Iterator[Violation]:
    """Services that select no pod of the repository."""
    for deployment, service, selector in _services(stock):
        if (
            not selector.is_template
            and not selected(stock, service, selector)
            and is_known(deployment, service, selector)
        ):
            message = _("selects no pods: none has {selector}").format(selector=selector)
            yield violation(service, message, service.content.at("spec", "selector"))


def _services(stock: Inventory) -> Iterator[tuple[Deployment, Manifest, Selector]]:
    for deployment, manifest in each(stock.deployments, in_development=True):
        content = dig(manifest.content, "spec", "selector")
        is_judged = manifest.kind == "Service" and deployment.is_listed and not is_vendored(manifest)
        if is_judged and manifest.group == "" and isinstance(content, Map) and content:
            yield deployment, manifest, Selector(content, is_plain=True)


@rule(
    "service-port",
    section="3.3",
    kinds=KINDS,
    title=gettext_noop("A named targetPort is a port of a container"),
    why=gettext_noop("The endpoints lack that port, without any error: the connection is refused."),
    fix=gettext_noop("Give the container's port that name, or write its number."),
)
@once
def target_ports(stock: Inventory) -> Iterator[Violation]:
    """Named target ports of Services that no container of the selected pods has."""
    for _deployment, service, selector in _services(stock):
        pods = selected(stock, service, selector)
        names = {text(port.get("name")) for each_ in pods for port in _ports(each_)}
        for port in mappings(dig(service.content, "spec", "ports")):
            target = port.get("targetPort")
            if not isinstance(target, str) or isinstance(target, Number) or not _PORT_NAME.fullmatch(target):
                continue
            if pods and target not in names:
                message = _("targetPort {port}: no container of its pods has a port of that name").format(port=target)
                yield violation(service, message, port.at("targetPort"))


def _ports(pods: Pods) -> list[Map]:
    return [port for container in pods.serving_containers for port in mappings(container.get("ports"))]


@rule(
    "ingress-backend",
    section="3.3",
    kinds=KINDS,
    title=gettext_noop("An Ingress leads to a Service that is there"),
    why=gettext_noop("The controller answers 503 or 404, and says why in its own log alone."),
    fix=gettext_noop("Name the Service as it is called after prefixes and suffixes, in the Ingress's own namespace."),
)
@once
def backends(stock: Inventory) -> Iterator[Violation]:
    """Backends of an Ingress that no Service is."""
    known = definitions(stock)
    for deployment, ingress in _ingresses(stock):
        for reference in references(ingress):
            if reference.use != "backend" or reference.name in _OPERATED:
                continue
            if not known.has(deployment, ingress, reference):
                message = _("no Service {name} is in its namespace").format(name=reference.name)
                yield violation(ingress, message, reference.origin)


def _ingresses(stock: Inventory) -> Iterator[tuple[Deployment, Manifest]]:
    for deployment, manifest in each(stock.deployments, in_development=True):
        is_known_here = not deployment.makers_near(manifest) and not deployment.gaps and deployment.is_listed
        if manifest.kind == "Ingress" and not is_vendored(manifest) and is_known_here:
            yield deployment, manifest


@rule(
    "ingress-port",
    section="3.3",
    kinds=KINDS,
    title=gettext_noop("An Ingress names a port that its Service has"),
    why=gettext_noop("The controller has no endpoint to send to, and answers 503; no event says so."),
    fix=gettext_noop("Write the Service's own port or its name, not the container's."),
)
@once
def backend_ports(stock: Inventory) -> Iterator[Violation]:
    """Ports of an Ingress's backends that the Service lacks."""
    for deployment, ingress in _ingresses(stock):
        for reference in references(ingress):
            if reference.use != "backend":
                continue
            services = _services_of(deployment, ingress, reference.name)
            port, origin = _backend_port(reference.holder)
            is_there = any(port in _service_ports(service) for service in services)
            if services and port and "$" not in port and not is_there:
                message = _("Service {name} has no port {port}").format(name=reference.name, port=port)
                yield violation(ingress, message, origin)


def _services_of(deployment: Deployment, ingress: Manifest, name: str) -> list[Manifest]:
    services = [each_ for each_ in deployment.of_kind("Service") if each_.name == name]
    return [each_ for each_ in services if each_.namespace == ingress.namespace]


def _backend_port(holder: Map) -> tuple[str, Origin]:
    """The number or the name of a backend's port, in the present form or in the one before."""
    port = holder.get("port")
    for key in ("number", "name"):
        if isinstance(port, Map) and key in port:
            return text(port[key]), port.at(key)
    return text(holder.get("servicePort")), holder.at("servicePort")


def _service_ports(service: Manifest) -> set[str]:
    ports = mappings(dig(service.content, "spec", "ports"))
    return {text(port.get(key)) for port in ports for key in ("port", "name")}


@rule(
    "ingress-class",
    section="3.3",
    kinds=KINDS,
    severity=Severity.WARNING,
    title=gettext_noop("All or none of the Ingresses of an environment name their class"),
    why=gettext_noop("Without a default class no controller takes it: 404, no address, and no event."),
    fix=gettext_noop("Write `ingressClassName:` as the others have it."),
)
@once
def classes(stock: Inventory) -> Iterator[Violation]:
    """Ingresses without a class where most others of the deployment have one."""
    for deployment in stock.deployments:
        ingresses = [each_ for each_ in deployment.of_kind("Ingress") if not is_vendored(each_)]
        without = [each_ for each_ in ingresses if not _class_of(each_)]
        if 2 * len(without) < len(ingresses):
            for ingress in without:
                yield violation(ingress, _("names no class, though the other Ingresses do"))


def _class_of(ingress: Manifest) -> str:
    annotation = ingress.annotations.get("kubernetes.io/ingress.class", "")
    return text(dig(ingress.content, "spec", "ingressClassName")) or annotation
