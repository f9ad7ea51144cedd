"""The checklist of a first deployment: appendix E's list, ticked by what runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lab_helpers.errors import Forbidden, LabError
from lab_helpers.kube.conditions import is_ready
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop, ngettext
from lab_helpers.policy.checklists.checklist import Box, Checklist, Point, State
from lab_helpers.policy.checklists.live import LiveCluster, Object, at, containers, every, untold

__all__ = ["FIRST_DEPLOY"]

_WORKLOADS = ("deployments", "statefulsets", "daemonsets")
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_ENDED = ("Succeeded", "Failed")


def applied(cluster: LiveCluster) -> Iterator[Point]:
    """Whether what runs was applied from files, and not made by hand."""
    statement = _("every workload was applied from a file, or by Helm")
    workloads = cluster.within(*_WORKLOADS)
    by_hand = next((item for item in workloads if not _is_applied(item)), None)
    step = "kubectl apply -k infra/k8s/overlays/staging"
    if by_hand is not None:
        yield Point(statement, State.OPEN, at(by_hand), step)
    else:
        yield Point.of(statement, at(workloads[0]) if workloads else None, step)


def rollout(cluster: LiveCluster) -> Iterator[Point]:
    """Whether each workload is rolled out."""
    for item in cluster.within(*_WORKLOADS):
        name = item["metadata"]["name"]
        statement = _("{name} is rolled out").format(name=f"{item['kind'].lower()}/{name}")
        ready, desired = _ready(item)
        is_complete = _is_observed(item) and ready == desired > 0
        step = f"kubectl -n {item['metadata']['namespace']} rollout status {item['kind'].lower()}/{name}"
        place = at(item, f"{ready}/{desired}")
        yield Point(statement, State.TICKED if is_complete else State.OPEN, place, "" if is_complete else step)


def objects(cluster: LiveCluster) -> Iterator[Point]:
    """Whether pods are Ready, Services lead to some of them, and claims are bound."""
    pods = [pod for pod in cluster.within("pods") if pod.get("status", {}).get("phase") not in _ENDED]
    yield every(_("every pod is Ready"), pods, [p for p in pods if not is_ready(p)], "pods")
    services = [item for item in cluster.within("services") if item["spec"].get("selector")]
    served = {
        (item["metadata"]["namespace"], item["metadata"].get("labels", {}).get("kubernetes.io/service-name"))
        for item in cluster.within("endpointslices")
        if any(endpoint.get("conditions", {}).get("ready") for endpoint in item.get("endpoints") or ())
    }
    empty = [s for s in services if (s["metadata"]["namespace"], s["metadata"]["name"]) not in served]
    yield every(_("every Service leads to a pod that is Ready"), services, empty, "services,endpointslices")
    # What no pod has asked for yet need not be there yet: a job's, before it runs for the first time.
    mounted = {(pod["metadata"]["namespace"], name) for pod in pods for name in _claims(pod)}
    claims = [
        item
        for item in cluster.within("persistentvolumeclaims")
        if (item["metadata"]["namespace"], item["metadata"]["name"]) in mounted
    ]
    unbound = [claim for claim in claims if claim.get("status", {}).get("phase") != "Bound"]
    yield every(_("every claim that a pod mounts is bound"), claims, unbound, "persistentvolumeclaims")


def health(cluster: LiveCluster) -> Iterator[Point]:
    """Whether the kubelet asks each application how it is, gets the right answer, and somebody could read why not."""
    workloads = cluster.within(*_WORKLOADS)
    unasked = [item for item in workloads if not all(map(_is_probed, containers(item)))]
    yield every(_("every container has a readiness and a liveness probe"), workloads, unasked, "deployments")
    pods = [pod for pod in cluster.within("pods") if pod.get("status", {}).get("phase") == "Running"]
    restarted = [
        pod for pod in pods if any(each["restartCount"] for each in pod["status"].get("containerStatuses", ()))
    ]
    yield every(_("no container was restarted"), pods, restarted, "events")
    yield _logs(cluster, pods)


def _logs(cluster: LiveCluster, pods: list[Object]) -> Point:
    statement = _("its log can be read")
    for pod in pods:
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        try:
            lines = cluster.ask("logs", name, "--namespace", namespace, "--tail", "20").splitlines()
        except Forbidden as error:
            return untold(statement, error)
        except LabError:  # of a container that has not begun there is none
            continue
        if lines:
            count = ngettext("{count} line", "{count} lines", len(lines)).format(count=len(lines))
            return Point(statement, State.TICKED, at(pod, count))
    return Point(statement, State.OPEN, None, "kubectl -n NAMESPACE logs deployment/NAME")


def ingress(cluster: LiveCluster) -> Iterator[Point]:
    """Whether each Ingress has an address; optional."""
    ingresses = cluster.within("ingresses")
    statement = _("every Ingress has an address")
    if not ingresses:
        yield Point(_("{what}: optional, and there is none").format(what=statement), State.NOT_NEEDED)
        return
    waiting = [item for item in ingresses if not item.get("status", {}).get("loadBalancer", {}).get("ingress")]
    yield every(statement, ingresses, waiting, "ingresses")


def monitoring(cluster: LiveCluster) -> Iterator[Point]:
    """Whether a Prometheus that answers watches what was deployed."""
    statement = _("Prometheus answers, and gets an answer from a target in each namespace that serves")
    step = _("install kube-prometheus-stack, and apply _shared/monitoring/")
    try:
        services = [item for item in cluster.list("services") if _is_prometheus(item)]
    except Forbidden as error:
        yield untold(statement, error)
        return
    for service in services:
        targets = _targets(cluster, service)
        up = {target["labels"].get("namespace") for target in targets if target.get("health") == "up"}
        serving = {item["metadata"]["namespace"] for item in cluster.within(*_WORKLOADS)}
        if serving and serving <= up:
            yield Point(statement, State.TICKED, at(service, ", ".join(sorted(serving))))
            return
        step = _("no target answers in {namespaces}").format(namespaces=", ".join(sorted(serving - up)))
    yield Point(statement, State.OPEN, at(services[0]) if services else None, step)


def _is_prometheus(service: Object) -> bool:
    labels = service["metadata"].get("labels", {})
    is_named = labels.get("app.kubernetes.io/name") == "prometheus" or "operated-prometheus" in labels
    return is_named and any(port["port"] == 9090 for port in service["spec"].get("ports", ()))


def _targets(cluster: LiveCluster, service: Object) -> list[dict[str, Any]]:
    namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]
    path = f"/api/v1/namespaces/{namespace}/services/{name}:9090/proxy/api/v1/targets?state=active"
    try:
        answer = json.loads(cluster.ask("get", "--raw", path) or "{}")
    except (LabError, ValueError):  # what does not answer has no targets
        return []
    return list(answer.get("data", {}).get("activeTargets", ()))


def _is_applied(item: Object) -> bool:
    metadata = item["metadata"]
    managers = [each.get("operation") for each in metadata.get("managedFields", ())]
    is_helm = metadata.get("labels", {}).get("app.kubernetes.io/managed-by") == "Helm"
    return _APPLIED in metadata.get("annotations", {}) or "Apply" in managers or is_helm


def _ready(item: Object) -> tuple[int, int]:
    """How many pods of the present revision are Ready, and how many there should be."""
    status, spec = item.get("status", {}), item["spec"]
    if item["kind"] == "DaemonSet":
        return min(status.get("numberReady", 0), status.get("updatedNumberScheduled", 0)), status.get(
            "desiredNumberScheduled", 0
        )
    return min(status.get("readyReplicas", 0), status.get("updatedReplicas", 0)), spec.get("replicas", 1)


def _is_observed(item: Object) -> bool:
    return bool(item.get("status", {}).get("observedGeneration", 0) >= item["metadata"].get("generation", 0))


def _claims(pod: Object) -> list[str]:
    volumes = pod["spec"].get("volumes", ())
    return [volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "persistentVolumeClaim" in volume]


def _is_probed(container: Object) -> bool:
    return bool(container.get("readinessProbe") and container.get("livenessProbe"))


FIRST_DEPLOY: Checklist[LiveCluster] = Checklist(
    name="first-deploy",
    title=gettext_noop("First deployment (appendix E)"),
    boxes=(
        Box("applied", gettext_noop("kubectl apply -k infra/k8s/overlays/staging/"), "1.2", applied),
        Box("rollout", gettext_noop("kubectl rollout status"), "1.2", rollout),
        Box("objects", gettext_noop("Pods, Services and claims"), "7.4", objects),
        Box("health", gettext_noop("Health: probes and logs"), "5.3", health),
        Box("ingress", gettext_noop("Ingress (optional)"), "3.3", ingress),
        Box("monitoring", gettext_noop("Monitoring"), "3.1", monitoring),
    ),
)
