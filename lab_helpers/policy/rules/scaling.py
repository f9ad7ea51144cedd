"""What scales, protects or watches a workload names one that is there, and does not quarrel with it."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.finding import Severity
from lab_helpers.policy.manifests.deployment import Deployment
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.judging import KINDS, each, is_vendored, once, violation
from lab_helpers.policy.manifests.nodes import Map, dig, mappings, text
from lab_helpers.policy.manifests.objects import Manifest, Pods
from lab_helpers.policy.manifests.selecting import Selector
from lab_helpers.policy.manifests.selection import is_known, is_near, selected
from lab_helpers.policy.registry import Violation, rule


def _scalers(stock: Inventory) -> Iterator[tuple[Deployment, Manifest, Map]]:
    """What scales a workload, with the mapping that names it."""
    for deployment, manifest in each(stock.deployments, in_development=True):
        target = dig(manifest.content, "spec", "scaleTargetRef")
        is_scaler = manifest.kind in ("HorizontalPodAutoscaler", "ScaledObject")
        if is_scaler and isinstance(target, Map) and not is_vendored(manifest) and deployment.is_listed:
            yield deployment, manifest, target


def _target(deployment: Deployment, scaler: Manifest, target: Map) -> Manifest | None:
    kind = text(target.get("kind")) or "Deployment"
    candidates = [
        other
        for other in deployment.manifests
        if other.kind == kind and text(target.get("name")) in other.names and is_near(scaler, other)
    ]
    # Among plain files several may be called so, each for a way of its own to deploy: the one beside it is meant.
    directory = scaler.origin.file.rpartition("/")[0]
    return min(candidates, key=lambda other: other.origin.file.rpartition("/")[0] != directory, default=None)


@rule(
    "hpa-target",
    section="3.4",
    kinds=KINDS,
    title=gettext_noop("An autoscaler names a workload that is there"),
    why=gettext_noop("It scales nothing: `kubectl describe hpa` says FailedGetScale, and nobody looks there."),
    fix=gettext_noop("Mend kind, name or namespace of scaleTargetRef."),
)
@once
def targets(stock: Inventory) -> Iterator[Violation]:
    """Autoscalers of a workload that is not there."""
    for deployment, scaler, target in _scalers(stock):
        kind, name = text(target.get("kind")) or "Deployment", text(target.get("name"))
        is_defined = name in stock.names.get(kind, set()) and _target(deployment, scaler, target) is not None
        is_elsewhere = any(
            name in other.names and other.kind == kind and is_near(scaler, other) for other in stock.manifests
        )
        if is_defined or is_elsewhere or deployment.gaps or deployment.makers_near(scaler) or "$" in name:
            continue
        yield violation(scaler, _("{kind} {name} is not there").format(kind=kind, name=name), target.at("name"))


@rule(
    "hpa-request",
    section="3.4",
    kinds=KINDS,
    title=gettext_noop("What is scaled by CPU or memory requests it, in every container"),
    why=gettext_noop("Use is measured against the request: without one the HPA shows `<unknown>` and never scales."),
    fix=gettext_noop("Set resources.requests of every container, sidecars too."),
)
@once
def requests(stock: Inventory) -> Iterator[Violation]:
    """Containers without the request that the autoscaler of their workload measures against."""
    for deployment, scaler, target in _scalers(stock):
        workload = _target(deployment, scaler, target)
        if workload is None or workload.pods is None or any(deployment.of_kind("LimitRange")):
            continue
        for resource in _measured(scaler):
            for container in workload.pods.serving_containers:
                if not _requests(container, workload.pods, resource):
                    message = _("container {name} requests no {resource}, which {scaler} measures").format(
                        name=text(container.get("name")), resource=resource, scaler=scaler.reference
                    )
                    yield violation(workload, message, container.origin)


def _measured(scaler: Manifest) -> list[str]:
    spec = scaler.content.get("spec")
    resources = [
        text(dig(metric, "resource", "name"))
        for metric in mappings(dig(spec, "metrics"))
        if metric.get("type") == "Resource" and (_is_share(metric))
    ]
    if dig(spec, "targetCPUUtilizationPercentage"):
        resources.append("cpu")
    return [resource for resource in resources if resource in ("cpu", "memory")]


def _is_share(metric: Map) -> bool:
    """Whether a metric is measured against the request, and not as it is."""
    is_share = dig(metric, "resource", "target", "averageUtilization")
    return bool(is_share or dig(metric, "resource", "targetAverageUtilization"))


def _requests(container: Map, pods: Pods, resource: str) -> bool:
    holders = (container, pods.spec)
    return any(dig(holder, "resources", field, resource) for holder in holders for field in ("requests", "limits"))


@rule(
    "hpa-replicas",
    section="3.4",
    kinds=KINDS,
    severity=Severity.WARNING,
    title=gettext_noop("What an autoscaler scales has no replicas: in Git"),
    why=gettext_noop("Each apply or sync scales it back, in the middle of the load that it was scaled out for."),
    fix=gettext_noop("Delete `replicas:`, or patch it away in the overlay; minReplicas says how few there may be."),
)
@once
def replicas(stock: Inventory) -> Iterator[Violation]:
    """Workloads with ``replicas:`` beside their autoscaler."""
    if any("ignoreDifferences" in file.text and "/spec/replicas" in file.text for file in stock.files.values()):
        return
    for deployment, scaler, target in _scalers(stock):
        workload = _target(deployment, scaler, target)
        if workload is not None and dig(workload.content, "spec", "replicas") is not None:
            message = _("replicas: fights {scaler}").format(scaler=scaler.reference)
            yield violation(workload, message, workload.content.at("spec", "replicas"))


@rule(
    "pdb-selector",
    section="3.4",
    kinds=KINDS,
    title=gettext_noop("A PodDisruptionBudget selects pods"),
    why=gettext_noop("It protects nothing: a drain takes all replicas at once."),
    fix=gettext_noop("Compare its selector with the labels of the pod template, letter by letter, and the namespaces."),
)
@once
def budgets(stock: Inventory) -> Iterator[Violation]:
    """PodDisruptionBudgets that select no pod of the repository."""
    for deployment, budget in each(stock.deployments, in_development=True):
        content = dig(budget.content, "spec", "selector")
        if budget.kind != "PodDisruptionBudget" or not isinstance(content, Map) or is_vendored(budget):
            continue
        selector = Selector(content)
        if selector.is_empty or selector.is_template or selected(stock, budget, selector):
            continue
        if is_known(deployment, budget, selector) and deployment.is_listed:
            message = _("selects no pods: none has {selector}").format(selector=selector)
            yield violation(budget, message, budget.content.at("spec", "selector"))


@rule(
    "selector-version",
    section="3.4",
    kinds=KINDS,
    title=gettext_noop("A selector names only labels that never change"),
    why=gettext_noop("A selector is immutable: the next version is refused with `field is immutable`."),
    fix=gettext_noop(
        "Keep the version in the labels and out of the selector, as `labels:` without includeSelectors does."
    ),
)
@once
def versions(stock: Inventory) -> Iterator[Violation]:
    """Selectors of workloads with the label of a version or a chart."""
    for _deployment, workload in each(stock.deployments):
        labels = dig(workload.content, "spec", "selector", "matchLabels")
        if workload.pods is None or not isinstance(labels, Map) or is_vendored(workload):
            continue
        for key in labels:
            if key in ("app.kubernetes.io/version", "helm.sh/chart", "chart"):
                message = _("its selector has the label {label}, which changes with every release").format(label=key)
                yield violation(workload, message, labels.at(key))
