"""What can be seen of prj-02: its Deployment, its pods, its overlay, its prices. Each look is one look."""

from __future__ import annotations

import json

import yaml

from lab_helpers import CheckFailed, Lab, Unsettled
from lab_helpers.kube import rollout
from lab_helpers.kube.diagnose import explain_pod
from lab_helpers.kube.timeline import image_tag, phase_of
from lab_helpers.kube.traffic import Request
from lab_helpers.kube.transport import Object

__all__ = [
    "NAME",
    "NAMESPACE",
    "OVERLAY",
    "deployment",
    "expect_overlay",
    "expect_release",
    "is_right",
    "overlay_tag",
    "pods",
    "rolled_out",
    "total",
]

NAME = NAMESPACE = "prj-02"
OVERLAY = "infra/k8s/overlays/staging"
_APPLY = f"kubectl apply -k {OVERLAY}"


def deployment(lab: Lab) -> Object:
    """The Deployment.

    Raises:
        CheckFailed: There is none.
    """
    found = lab.client.get("deployment", NAME, NAMESPACE)
    if found is None:
        raise CheckFailed(
            f"deployment/{NAME} in namespace {NAMESPACE}",
            seen="none",
            hint="Applying the staging overlay makes it.",
            next_step=_APPLY,
        )
    return found


def pods(lab: Lab) -> list[Object]:
    """The Deployment's pods, those on their way out included."""
    return lab.client.list("pod", NAMESPACE, rollout.pods_selector(deployment(lab)))


def rolled_out(lab: Lab, tag: str) -> list[Object]:
    """The pods, once every one of them is Ready and of that release.

    Raises:
        CheckFailed: Another release is being rolled out, or this one cannot come up.
        Unsettled: It is on its way.
    """
    expect_release(lab, tag)
    found = pods(lab)
    for pod in found:
        _expect_no_trouble(lab, pod)
    now = rollout.status(lab.client, NAME, NAMESPACE)
    if not now.is_complete:
        failure = CheckFailed if now.is_stalled else Unsettled
        raise failure(
            f"{tag} rolled out",
            seen=now.message,
            hint="A pod counts once its readiness probe is answered.",
            next_step=f"kubectl -n {NAMESPACE} get pods",
        )
    return [pod for pod in found if phase_of(pod) == "ready"]


def expect_release(lab: Lab, tag: str) -> None:
    """Make sure that the Deployment asks for a release, whether or not it runs yet.

    Raises:
        CheckFailed: It asks for another one.
    """
    image = deployment(lab)["spec"]["template"]["spec"]["containers"][0]["image"]
    seen = image.rpartition(":")[2]
    if seen == tag:
        return
    told = overlay_tag(lab)
    hint = (
        f"The overlay says {tag}, and the cluster has not heard of it yet."
        if told == tag
        else f"The release is named by newTag in {OVERLAY}/kustomization.yaml; it says {told}."
    )
    raise CheckFailed(f"{tag} in the Deployment", seen=seen, hint=hint, next_step=_APPLY)


def overlay_tag(lab: Lab) -> str:
    """The tag that the staging overlay in the workspace names."""
    told = yaml.safe_load((lab.workspace / OVERLAY / "kustomization.yaml").read_text(encoding="utf-8"))
    return str(told["images"][0]["newTag"])


def expect_overlay(lab: Lab, tag: str) -> None:
    """Make sure that Git tells the truth.

    Raises:
        CheckFailed: The overlay names another release than the one that runs.
    """
    told = overlay_tag(lab)
    if told != tag:
        raise CheckFailed(
            f"newTag: {tag} in {OVERLAY}/kustomization.yaml, as in the cluster",
            seen=f"newTag: {told}",
            hint=f"Git no longer tells what runs: the next apply sends {told} again, whoever types it.",
            next_step=f"sed -i 's/newTag: .*/newTag: {tag}/' {OVERLAY}/kustomization.yaml",
        )


def total(request: Request) -> float:
    """The total that a request for a price was answered with."""
    return float(json.loads(request.body)["total"])


def is_right(request: Request) -> bool:
    """Whether the total is the price of one times the quantity, to the cent."""
    told = json.loads(request.body)
    return bool(abs(told["total"] - told["unit"] * told["quantity"]) < 0.005)


def _expect_no_trouble(lab: Lab, pod: Object) -> None:
    """Tell the troubles that time does not heal from a pod that is still on its way."""
    states = [container.get("state", {}) for container in pod.get("status", {}).get("containerStatuses", [])]
    reasons = {state.get("waiting", {}).get("reason", "") for state in states}
    if not reasons & {"ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError"}:
        return
    name = pod["metadata"]["name"]
    if lab.client.get("secret", "ghcr-secret", NAMESPACE) is None:
        hint = f"The pull secret ghcr-secret is missing: a pod finds it in its own namespace, {NAMESPACE}, only."
    else:
        hint = f"Was {image_tag(pod)} ever pushed, and is every Secret that the pod names there?"
    raise CheckFailed(
        "every pod to start",
        seen=f"{name}: {explain_pod(pod, lab.client.events(NAMESPACE, f'pod/{name}'))}",
        hint=hint,
        next_step=f"kubectl -n {NAMESPACE} events --for pod/{name}",
    )
