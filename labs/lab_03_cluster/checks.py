"""What proves each step of notebook 03."""

from __future__ import annotations

import base64
import json
import re

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.cluster.base import Capability
from lab_helpers.images.registry import digest
from lab_helpers.kube.conditions import condition, is_ready
from lab_helpers.kube.diagnose import explain_pod
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe.timeline import phase_of
from lab_helpers.observe.volume import claim
from lab_helpers.workbook.course import mistakes
from lab_helpers.workbook.learner import manifests
from labs.lab_03_cluster import writing

__all__: list[str] = []

_NAMESPACE = "lab-03"
# In the words of containerd 1 and 2.
_REFUSED = re.compile(r"401|authorization failed|unauthorized", re.IGNORECASE)
_SYSTEM = ("coredns", "local-path-provisioner")


@check("3.1", seconds=60)
def reached(lab: CheckContext) -> Evidence:
    """Your kubectl reaches this cluster: its nodes are Ready, DNS and storage are up, lab-03 is there."""
    nodes = lab.client.list("node")
    for node in nodes:
        _expect_usable(node)
    for name in _SYSTEM:
        _expect_available(lab, name)
    _expect_namespace(lab)
    runtime = nodes[0]["status"]["nodeInfo"]
    return Evidence(
        nodes_Ready=len(nodes),
        kubelet=runtime["kubeletVersion"],
        container_runtime=runtime["containerRuntimeVersion"],
        system=", ".join(_SYSTEM),
        namespace=_NAMESPACE,
    )


@check("3.2", seconds=20)
def pulled(lab: CheckContext) -> Evidence:
    """The pull secret authenticates: without it the pull is refused, with it the pod runs."""
    _expect_pull_secret(lab)
    pod = _running(lab, "pull", _("Apply pull.yaml once more: it may still wait to try the pull again."))
    served = pod["status"]["containerStatuses"][0]["imageID"]
    pushed = digest(lab.registry, "org/prj-02", "v1.0.0")
    if pushed not in served:
        raise CheckFailed(
            _("the image that was pushed as v1.0.0 ({pushed})").format(pushed=pushed),
            seen=served,
            hint=_("Which image does pull.yaml name?"),
        )
    events = lab.client.events(_NAMESPACE, "pod/pull")
    refused = next((event.message for event in events if _REFUSED.search(event.message)), "")
    return Evidence(
        without_the_secret=refused.rpartition(": ")[2] or _("not tried"),
        with_the_secret=_("pulled, {name} runs").format(name=pod["metadata"]["name"]),
        image=pod["spec"]["containers"][0]["image"],
        digest=pushed,
    )


@check("3.3", seconds=20)
def bound(lab: CheckContext) -> Evidence:
    """The claim is bound to storage on the node, and a pod wrote to it."""
    if lab.client.get("pvc", "trial", _NAMESPACE) is None:
        manifests.expect_manifests(lab.workspace)
        raise CheckFailed(
            _("a claim named trial in {namespace}").format(namespace=_NAMESPACE),
            seen=_("none"),
            hint=_("claim.yaml in the workspace is one."),
            next_step="kubectl apply -f claim.yaml",
        )
    pod = _user_of_claim(lab)
    trial = claim(lab.client, "trial", _NAMESPACE)
    if trial.phase != "Bound":
        raise Unsettled(
            _("the claim to be Bound"),
            seen=trial.phase,
            hint=_("The pod must have been scheduled: is it Pending itself?"),
            next_step=f"kubectl -n {_NAMESPACE} describe pvc trial",
        )
    writing.expect_mounted(pod, "trial")
    writing.expect_word(lab, pod)
    return Evidence(
        claim=f"trial, {trial.capacity}, {trial.storage_class}",
        volume=trial.volume,
        on_the_node=trial.host_path or _("not for this user to see"),
        written_by=f"pod/{pod['metadata']['name']}",
    )


def _expect_namespace(lab: CheckContext) -> None:
    if lab.client.get("namespace", _NAMESPACE) is not None:
        return
    names = [namespace["metadata"]["name"] for namespace in lab.client.list("namespace")]
    similar = mistakes.similar(_NAMESPACE, names)
    raise CheckFailed(
        _("a namespace {namespace}").format(namespace=_NAMESPACE),
        seen=", ".join(names),
        hint=_("You made {similar}. Names count to the letter: this notebook works in {namespace}.").format(
            similar=similar, namespace=_NAMESPACE
        )
        if similar
        else _("The last command of the step makes it."),
        next_step=f"kubectl create namespace {_NAMESPACE}",
    )


def _expect_usable(node: Object) -> None:
    name = node["metadata"]["name"]
    if node["spec"].get("unschedulable"):
        raise CheckFailed(
            _("node {name} to take pods").format(name=name),
            seen="Ready,SchedulingDisabled",
            hint=_("It was cordoned: its pods go on, and it takes no new ones. `kubectl uncordon` takes that back."),
            next_step=f"kubectl uncordon {name}",
        )
    if not is_ready(node):
        ready = condition(node, "Ready")
        raise Unsettled(
            _("node {name} Ready").format(name=name),
            seen=f"{ready['reason']}: {ready['message']}",
            hint=_("Its kubelet tells why."),
            next_step=f"kubectl describe node {name}",
        )


def _expect_available(lab: CheckContext, name: str) -> None:
    # In any namespace: k3s has its storage in kube-system, others in one of its own.
    deployment = next((item for item in lab.client.list("deployment") if item["metadata"]["name"] == name), None)
    if deployment is None or not deployment.get("status", {}).get("availableReplicas"):
        raise Unsettled(
            _("deployment/{name} available").format(name=name),
            seen=_("not yet") if deployment else _("not there"),
            hint=_("It is one of the parts every cluster needs."),
            next_step="kubectl get pods --all-namespaces",
        )


def _expect_pull_secret(lab: CheckContext) -> None:
    secret = lab.client.get("secret", "ghcr-secret", _NAMESPACE)
    if secret is None:
        raise CheckFailed(
            _("a Secret ghcr-secret in namespace {namespace}").format(namespace=_NAMESPACE),
            seen=_("none of that name there"),
            hint=mistakes.missing_pull_secret(lab.client, "ghcr-secret", _NAMESPACE),
            next_step=mistakes.make_pull_secret("ghcr-secret", _NAMESPACE),
        )
    docker_config = json.loads(base64.b64decode(secret.get("data", {}).get(".dockerconfigjson", "") or "e30="))
    servers = sorted(docker_config.get("auths", {}))
    if lab.registry.host not in servers:
        raise CheckFailed(
            _("credentials for {host} in it").format(host=lab.registry.host),
            seen=", ".join(servers) or _("a Secret of type {type}").format(type=secret["type"]),
            hint=_(
                "These credentials are for Docker Hub, as they are when --docker-server is forgotten. "
                "Delete the Secret, then make it from the file in GHCR_CONFIG, which names the server."
            ),
            next_step=f"kubectl -n {_NAMESPACE} delete secret ghcr-secret",
        )


def _running(lab: CheckContext, name: str, hint: str) -> Object:
    pod = lab.client.get("pod", name, _NAMESPACE)
    if pod is None:
        manifests.expect_manifests(lab.workspace)
        raise CheckFailed(_("pod/{name} running").format(name=name), seen=_("no such pod"), hint=hint)
    if phase_of(pod) != "ready":
        raise Unsettled(
            _("pod/{name} running").format(name=name),
            seen=explain_pod(pod, lab.client.events(_NAMESPACE, f"pod/{name}")),
            hint=hint,
            next_step=f"kubectl -n {_NAMESPACE} events --for pod/{name}",
        )
    return pod


def _user_of_claim(lab: CheckContext) -> Object:
    pods = lab.client.list("pod", _NAMESPACE)
    users = [pod for pod in pods if "trial" in writing.claims(pod)]
    if not users:
        _expect_class(lab)
        manifests.expect_manifests(lab.workspace)
        writing.expect_none_elsewhere(lab, "trial")
        raise CheckFailed(
            _("a pod that mounts the claim trial"),
            seen=_others(pods) or _("no pod but pull"),
            hint=_why_unused(pods),
            next_step=f"kubectl -n {_NAMESPACE} describe pvc trial",
        )
    # A learner who tried twice may have a pod of the first try left.
    user = next((pod for pod in users if writing.is_mounted(pod, "trial")), users[0])
    return _running(lab, user["metadata"]["name"], _("What keeps it from running?"))


def _expect_class(lab: CheckContext) -> None:
    trial = lab.client.get("pvc", "trial", _NAMESPACE)
    name = trial["spec"].get("storageClassName", "") if trial else ""
    if name and lab.can(Capability.CLUSTER_READ) and lab.client.get("storageclass", name) is None:
        raise CheckFailed(
            _("the claim to name a StorageClass of this cluster"),
            seen=name,
            hint=_(
                "No StorageClass is called {name} here; `kubectl get storageclass` lists those that are "
                "there. A claim's class cannot be changed: delete the claim, mend claim.yaml, apply it."
            ).format(name=name),
            next_step=f"kubectl -n {_NAMESPACE} delete pvc trial",
        )


def _others(pods: list[Object]) -> str:
    """The learner's own pods, and what kind of volumes they have instead of the claim."""
    template = _("pod/{name} with {volumes}")
    own_pods = [pod for pod in pods if pod["metadata"]["name"] != "pull"]
    return "; ".join(
        template.format(name=pod["metadata"]["name"], volumes=", ".join(_kinds(pod)) or _("no volume of its own"))
        for pod in own_pods
    )


def _why_unused(pods: list[Object]) -> str:
    for pod in pods:
        if "emptyDir" in _kinds(pod):
            name = pod["metadata"]["name"]
            return _(
                "pod/{name} writes to an emptyDir, which is gone when the pod is; its volume should be a "
                "persistentVolumeClaim with claimName: trial."
            ).format(name=name)
    return _(
        "No pod uses the claim yet, and local-path waits for the first pod that does: give one a volume "
        "persistentVolumeClaim with claimName: trial."
    )


def _kinds(pod: Object) -> list[str]:
    """The kinds of a pod's volumes, without the one that every pod gets for talking to the API server."""
    return [kind for volume in pod["spec"].get("volumes", []) for kind in volume if kind not in ("name", "projected")]
