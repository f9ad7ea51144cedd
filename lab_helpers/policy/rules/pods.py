"""A workload that runs for long says when it is ready and what it may use, and leaves its start to the image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.finding import Severity
from lab_helpers.policy.images import Image, is_third_party
from lab_helpers.policy.manifests.deployment import Deployment
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.judging import KINDS, is_vendored, once, violation, workloads
from lab_helpers.policy.manifests.nodes import Map, dig, mappings, text
from lab_helpers.policy.manifests.objects import Manifest, Pods
from lab_helpers.policy.manifests.selecting import Selector
from lab_helpers.policy.registry import Violation, rule


@rule(
    "container-command",
    section="3.2",
    kinds=KINDS,
    severity=Severity.WARNING,
    title=gettext_noop("The image says how its application starts"),
    why=gettext_noop("The next release starts differently, and the old command here breaks it or skips what it added."),
    fix=gettext_noop(
        "Put it into ENTRYPOINT or CMD of the Dockerfile; `args:` and settings may differ by environment."
    ),
)
@once
def commands(stock: Inventory) -> Iterator[Violation]:
    """Commands over the image's, in long-running workloads of own images."""
    organisations = _own_organisations(stock)
    for _deployment, manifest, pods in workloads(stock.deployments):
        for container in pods.containers:
            image = text(container.get("image"))
            is_own = not is_third_party(image) and Image.parse(image).organisation in organisations
            if container.get("command") and is_own:
                message = _("container {name} overrides the start of its image").format(
                    name=text(container.get("name"))
                )
                yield violation(manifest, message, container.at("command"))


def _own_organisations(stock: Inventory) -> set[str]:
    """The organisations whose images a repository deploys more than in passing, without those known to be others'."""
    counts = Counter(
        Image.parse(text(container.get("image"))).organisation
        for manifest in stock.manifests
        for container in (manifest.pods.containers if manifest.pods and not is_vendored(manifest) else ())
        if not is_third_party(text(container.get("image")))
    )
    most = max(counts.values(), default=0)
    return {organisation for organisation, count in counts.items() if 3 * count >= most}


@rule(
    "container-probes",
    section="3.2",
    kinds=KINDS,
    severity=Severity.WARNING,
    title=gettext_noop("Whatever serves has a readiness and a liveness probe"),
    why=gettext_noop(
        "Without readiness requests reach a pod that still starts, and a broken release replaces a good one; without "
        "liveness a process that hangs stays."
    ),
    fix=gettext_noop("Add readinessProbe (`/ready`) and livenessProbe (`/health`, the process only) to the container."),
)
@once
def probes(stock: Inventory) -> Iterator[Violation]:
    """Containers that serve and have no readiness or no liveness probe."""
    for deployment, manifest, pods in workloads(stock.deployments):
        serving = _serving(deployment, manifest, pods)
        # A container of the same pod, such as what a proxy stands before, may answer for it.
        present = {probe for container in pods.serving_containers for probe in _PROBES if container.get(probe)}
        missing = [probe for probe in _PROBES if probe not in present]
        if serving and missing:
            message = _("container {name} serves without {probes}").format(
                name=text(serving[0].get("name")), probes=", ".join(missing)
            )
            yield violation(manifest, message, serving[0].origin)


_PROBES = ("readinessProbe", "livenessProbe")


def _serving(deployment: Deployment, manifest: Manifest, pods: Pods) -> list[Map]:
    """The containers that a Service leads to; without one, those that open a port, if the pod has no other."""
    ports = [
        port for service in _services(deployment, manifest, pods) for port in mappings(dig(service, "spec", "ports"))
    ]
    targets = {text(port.get("targetPort") or port.get("port")) for port in ports}
    serving = [container for container in pods.containers if _has_port(container, targets)]
    if not serving and (targets or any(container.get("ports") for container in pods.containers)):
        serving = [container for container in pods.containers if container.get("ports")] or pods.containers
        serving = serving[:1]
    return serving


def _services(deployment: Deployment, manifest: Manifest, pods: Pods) -> Iterator[Map]:
    services = (service for label in pods.labels.items() for service in deployment.services_by_label.get(label, ()))
    for service in services:
        selector = dig(service.content, "spec", "selector")
        is_near = service.namespace == manifest.namespace or not (service.namespace and manifest.namespace)
        if isinstance(selector, Map) and is_near and Selector(selector, is_plain=True).matches(pods.labels):
            yield service.content


def _has_port(container: Map, targets: set[str]) -> bool:
    ports = mappings(container.get("ports"))
    return any(text(port.get("name")) in targets or text(port.get("containerPort")) in targets for port in ports)


@rule(
    "container-resources",
    section="4.4",
    kinds=KINDS,
    severity=Severity.WARNING,
    title=gettext_noop("Every container says what it needs and what it may use"),
    why=gettext_noop(
        "Without requests the scheduler packs a node full and an HPA shows `<unknown>`; without limits one leak takes "
        "all its neighbours along."
    ),
    fix=gettext_noop("Set resources.requests and resources.limits, or give the namespace a LimitRange."),
)
@once
def resources(stock: Inventory) -> Iterator[Violation]:
    """Containers of long-running workloads without requests or limits."""
    for deployment, manifest, pods in workloads(stock.deployments):
        if any(each.namespace in ("", manifest.namespace) for each in deployment.of_kind("LimitRange")):
            continue
        lacking = [
            (each, fields) for each in pods.serving_containers if (fields := _missing(each.get("resources"), pods))
        ]
        if lacking:
            containers = [f"{text(container.get('name'))} ({', '.join(fields)})" for container, fields in lacking]
            message = _("without requests or limits: {containers}").format(containers=", ".join(containers))
            yield violation(manifest, message, lacking[0][0].origin)


def _missing(resources: object, pods: Pods) -> list[str]:
    """Which of the two are missing; limits are requests, too, where those are not written."""
    has_limits = bool(dig(resources, "limits") or dig(pods.spec, "resources", "limits"))
    has_requests = has_limits or bool(dig(resources, "requests") or dig(pods.spec, "resources", "requests"))
    return [name for name, is_there in (("requests", has_requests), ("limits", has_limits)) if not is_there]
