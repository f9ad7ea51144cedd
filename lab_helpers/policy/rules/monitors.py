"""Prometheus finds what it should watch: a monitor selects Services or pods, and names a port of theirs."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.manifests.deployment import Deployment
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.judging import KINDS, each, is_vendored, once, violation
from lab_helpers.policy.manifests.nodes import Map, dig, mappings, text
from lab_helpers.policy.manifests.objects import LONG_RUNNING, Manifest
from lab_helpers.policy.manifests.selecting import Selector
from lab_helpers.policy.manifests.selection import is_known
from lab_helpers.policy.registry import Violation, rule

_MONITORS = {"ServiceMonitor": "endpoints", "PodMonitor": "podMetricsEndpoints"}


def _monitors(stock: Inventory) -> Iterator[tuple[Deployment, Manifest, Selector]]:
    for deployment, manifest in each(stock.deployments, in_development=True):
        content = dig(manifest.content, "spec", "selector")
        if (
            manifest.kind in _MONITORS
            and isinstance(content, Map)
            and not is_vendored(manifest)
            and deployment.is_listed
        ):
            selector = Selector(content)
            if not selector.is_empty and not selector.is_template:
                yield deployment, manifest, selector


def _watched(stock: Inventory, monitor: Manifest, selector: Selector) -> list[Manifest]:
    """The Services or the makers of pods that a monitor selects, in the namespaces that it looks at."""
    near = [other for other in stock.manifests if _is_in_its_namespaces(monitor, other)]
    if monitor.kind == "ServiceMonitor":
        return [other for other in near if other.kind == "Service" and selector.matches(other.labels)]
    return [other for other in near if other.pods is not None and selector.matches(other.pods.labels)]


def _is_in_its_namespaces(monitor: Manifest, other: Manifest) -> bool:
    selector = dig(monitor.content, "spec", "namespaceSelector")
    if dig(selector, "any") is True:
        return True
    names = dig(selector, "matchNames") or [monitor.namespace]
    return not monitor.namespace or not other.namespace or other.namespace in names


@rule(
    "monitor-selector",
    section="3.1",
    kinds=KINDS,
    title=gettext_noop("A monitor selects what is to be watched"),
    why=gettext_noop("Prometheus has no target for it, and no error: alerts on it never fire."),
    fix=gettext_noop("A ServiceMonitor selects by the labels of the Service, not of its pods; compare them."),
)
@once
def selectors(stock: Inventory) -> Iterator[Violation]:
    """Monitors that select no Service, or no pods, of the repository."""
    for deployment, monitor, selector in _monitors(stock):
        if _watched(stock, monitor, selector):
            continue
        origin = monitor.content.at("spec", "selector")
        pods = [
            each_ for each_ in deployment.manifests if each_.pods is not None and selector.matches(each_.pods.labels)
        ]
        if monitor.kind == "ServiceMonitor" and pods:
            yield violation(
                monitor,
                _("selects by labels that pods have, and no Service: {selector}").format(selector=selector),
                origin,
            )
        elif (is_known(deployment, monitor, selector) and _has_services(deployment, monitor)) or _is_apart(
            stock, deployment, monitor
        ):
            yield violation(monitor, _("selects nothing: none has {selector}").format(selector=selector), origin)


def _has_services(deployment: Deployment, monitor: Manifest) -> bool:
    return monitor.kind == "PodMonitor" or any(deployment.of_kind("Service"))


def _is_apart(stock: Inventory, deployment: Deployment, monitor: Manifest) -> bool:
    """Whether a monitor is applied by itself, and all that serves in its namespaces is written in the repository."""
    if deployment.gaps or monitor.kind == "PodMonitor" or any(deployment.of_kind("Service", *LONG_RUNNING)):
        return False
    if dig(monitor.content, "spec", "namespaceSelector", "any") is True or not monitor.namespace:
        return False
    serving = [
        other
        for other in stock.deployments
        if any(_is_in_its_namespaces(monitor, service) for service in other.of_kind("Service"))
    ]
    return bool(serving) and not any(other.makers or other.gaps for other in serving)


@rule(
    "monitor-port",
    section="3.1",
    kinds=KINDS,
    title=gettext_noop("A monitor names a port that is there"),
    why=gettext_noop("Prometheus has no target for it, and no error: alerts on it never fire."),
    fix=gettext_noop("Write the name of the Service's port (of the container's, in a PodMonitor), not its number."),
)
@once
def ports(stock: Inventory) -> Iterator[Violation]:
    """Ports of monitors that what they select does not have."""
    for _deployment, monitor, selector in _monitors(stock):
        watched = _watched(stock, monitor, selector)
        names = {name for other in watched for name in _port_names(other)}
        for endpoint in mappings(dig(monitor.content, "spec", _MONITORS[monitor.kind])):
            port = endpoint.get("port")
            if watched and isinstance(port, str) and "$" not in port and port not in names:
                message = _("no port of what it selects is called {port}").format(port=port)
                yield violation(monitor, message, endpoint.at("port"))


def _port_names(manifest: Manifest) -> Iterator[str]:
    if manifest.pods is None:
        yield from (text(port.get("name")) for port in mappings(dig(manifest.content, "spec", "ports")))
        return
    for container in manifest.pods.serving_containers:
        yield from (text(port.get("name")) for port in mappings(container.get("ports")))


@rule(
    "monitor-label",
    section="3.1",
    kinds=KINDS,
    title=gettext_noop("A monitor has the labels that Prometheus selects monitors by"),
    why=gettext_noop("Prometheus never reads it: no target, no error, alerts on it never fire."),
    fix=gettext_noop("Give it the labels of serviceMonitorSelector, often `release: …`."),
)
@once
def labels(stock: Inventory) -> Iterator[Violation]:
    """Monitors that no Prometheus of the repository selects."""
    selectors_ = {
        kind: [
            Selector(content)
            for manifest in stock.manifests
            if manifest.kind == "Prometheus"
            for content in [dig(manifest.content, "spec", field)]
            if isinstance(content, Map)
        ]
        for kind, field in (("ServiceMonitor", "serviceMonitorSelector"), ("PodMonitor", "podMonitorSelector"))
    }
    for _deployment, manifest in each(stock.deployments, in_development=True):
        candidates = selectors_.get(manifest.kind, [])
        if candidates and not is_vendored(manifest) and not any(each_.matches(manifest.labels) for each_ in candidates):
            message = _("Prometheus selects monitors with {selector}").format(selector=candidates[0])
            yield violation(manifest, message)
