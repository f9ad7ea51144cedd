"""The checklist of a cluster: appendix E's list, ticked by what a live one says of itself."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator

from lab_helpers.errors import Forbidden
from lab_helpers.kube.conditions import condition, is_ready
from lab_helpers.kube.diagnose import waiting_reasons
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.checklists.checklist import Box, Checklist, Point, State
from lab_helpers.policy.checklists.evidence import Place
from lab_helpers.policy.checklists.live import LiveCluster, Object, at, untold

__all__ = ["CLUSTER"]

_PULL_SECRET = "kubernetes.io/dockerconfigjson"  # noqa: S105 - a Secret's type
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_FAILED_PULLS = ("ErrImagePull", "ImagePullBackOff")


def kubernetes(cluster: LiveCluster) -> Iterator[Point]:
    """Whether a Kubernetes runs, and each of its nodes is Ready."""
    yield Point.of(
        _("its API server answers"),
        Place(cluster.name, 0, _version(cluster, "serverVersion")),
        "curl -sfL https://get.k3s.io | sh -",
    )
    statement = _("every node is Ready")
    try:
        nodes = cluster.list("nodes")
    except Forbidden as error:
        yield untold(statement, error)
        return
    asleep = next((node for node in nodes if not is_ready(node)), None)
    if asleep is not None:
        step = f"kubectl describe node {asleep['metadata']['name']}"
        yield Point(statement, State.OPEN, at(asleep, condition(asleep, "Ready").get("message", "")), step)
    else:
        first = at(nodes[0], nodes[0]["status"]["nodeInfo"]["kubeletVersion"]) if nodes else None
        yield Point.of(statement, first, "kubectl get nodes")


def kubectl(cluster: LiveCluster) -> Iterator[Point]:
    """Whether this machine's kubectl is of an age with the cluster, and may deploy."""
    client, server = (_version(cluster, name) for name in ("clientVersion", "serverVersion"))
    minors = [int(match[1]) for text in (client, server) if (match := re.match(r"v1\.(\d+)", text))]
    is_near = len(minors) == 2 and abs(minors[0] - minors[1]) <= 1
    statement = _("kubectl is at most one minor version from the cluster")
    step = _("install kubectl {version}").format(version=server)
    yield Point.of(statement, Place("kubectl", 0, f"{client}, {server}") if is_near else None, step)
    statement = _("it may create Deployments")
    namespace = next(iter(cluster.namespaces), "default")
    try:
        answer = cluster.ask("auth", "can-i", "create", "deployments.apps", "--namespace", namespace).strip()
    except Forbidden as error:
        yield untold(statement, error)
        return
    place = Place("kubectl auth can-i create deployments.apps", 0, f"{answer}, -n {namespace}")
    yield Point.of(statement, place if answer == "yes" else None, "export KUBECONFIG=/etc/rancher/k3s/k3s.yaml")


def pull_secret(cluster: LiveCluster) -> Iterator[Point]:
    """Whether there is a pull secret with credentials, and no pod is refused by a registry."""
    statement = _("a Secret of type {type} holds a user and a password").format(type=_PULL_SECRET)
    create = "kubectl -n NAMESPACE create secret docker-registry ghcr-secret --from-file=.dockerconfigjson=FILE"
    try:
        secrets, pods = (
            cluster.within(kind) if cluster.namespaces else cluster.list(kind) for kind in ("secrets", "pods")
        )
    except Forbidden as error:
        yield untold(statement, error)
        return
    usable = ((item, hosts) for item in secrets if (hosts := _registries(item)))
    place = next((at(item, ", ".join(hosts)) for item, hosts in usable), None)
    yield Point.of(statement, place, create)
    statement = _("no pod waits for an image that a registry does not give it")
    pods = [pod for pod in pods if pod["spec"].get("imagePullSecrets")]
    waiting = next(filter(_is_refused, pods), None)
    if waiting is not None:
        step = f"kubectl -n {waiting['metadata']['namespace']} describe pod {waiting['metadata']['name']}"
        yield Point(statement, State.OPEN, at(waiting), step)
    elif pods:
        yield Point(statement, State.TICKED, at(pods[0]))


def storage(cluster: LiveCluster) -> Iterator[Point]:
    """Whether claims get volumes."""
    statement = _("there is a StorageClass")
    try:
        classes = cluster.list("storageclasses")
    except Forbidden as error:
        yield untold(statement, error)
    else:
        first = min(classes, key=lambda item: not _is_default(item), default=None)
        yield Point.of(statement, at(first, first["provisioner"]) if first else None, "kubectl get storageclass")
    claims = cluster.within("persistentvolumeclaims")
    if claims:
        bound = next((item for item in claims if item["status"]["phase"] == "Bound"), None)
        step = "kubectl describe persistentvolumeclaims --all-namespaces"
        place = at(bound, bound["spec"].get("storageClassName", "")) if bound else None
        yield Point.of(_("it makes volumes: a claim is bound"), place, step)


def workers(cluster: LiveCluster) -> Iterator[Point]:
    """Whether there are further nodes; one is enough."""
    statement = _("further nodes carry pods, too")
    try:
        nodes = cluster.list("nodes")
    except Forbidden as error:
        yield untold(statement, error)
        return
    if len(nodes) > 1:
        yield Point(statement, State.TICKED, at(nodes[1], f"{len(nodes)}"))
    else:
        yield Point(_("{what}: optional, and there is one").format(what=statement), State.NOT_NEEDED)


def ingress(cluster: LiveCluster) -> Iterator[Point]:
    """Whether there is a controller for Ingresses; optional."""
    statement = _("an IngressClass has a controller")
    try:
        classes = cluster.list("ingressclasses")
    except Forbidden as error:
        yield untold(statement, error)
        return
    if classes:
        yield Point(statement, State.TICKED, at(classes[0], classes[0]["spec"].get("controller", "")))
    else:
        yield Point(_("{what}: optional, and there is none").format(what=statement), State.NOT_NEEDED)


def _version(cluster: LiveCluster, side: str) -> str:
    return str(json.loads(cluster.ask("version", "--output", "json"))[side]["gitVersion"])


def _is_default(storage_class: Object) -> bool:
    return bool(storage_class["metadata"].get("annotations", {}).get(_DEFAULT_CLASS) == "true")


def _is_refused(pod: Object) -> bool:
    """Whether a registry does not give a node an image of a pod."""
    return not waiting_reasons(pod).isdisjoint(_FAILED_PULLS)


def _registries(secret: Object) -> list[str]:
    """The registries for which a pull secret has both a user and a password."""
    if secret.get("type") != _PULL_SECRET:
        return []
    try:
        entries = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))["auths"]
        return [host for host, entry in entries.items() if _is_complete(entry)]
    except (KeyError, TypeError, ValueError, AttributeError):
        return []


def _is_complete(entry: Object) -> bool:
    user, password = entry.get("username", ""), entry.get("password", "")
    if entry.get("auth"):
        try:
            user, _colon, password = base64.b64decode(entry["auth"]).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
    return bool(user and password)


CLUSTER: Checklist[LiveCluster] = Checklist(
    name="cluster",
    title=gettext_noop("k3s cluster (appendix E)"),
    boxes=(
        Box("kubernetes", gettext_noop("k3s, or another Kubernetes"), "6.1", kubernetes),
        Box("kubectl", gettext_noop("kubectl"), "6.1", kubectl),
        Box("pull-secret", gettext_noop("A pull secret for the registry"), "1.2", pull_secret),
        Box("storage", gettext_noop("A StorageClass"), "1.3", storage),
        Box("workers", gettext_noop("Further nodes (optional)"), "3.4", workers),
        Box("ingress", gettext_noop("An Ingress controller (optional)"), "3.3", ingress),
    ),
)
