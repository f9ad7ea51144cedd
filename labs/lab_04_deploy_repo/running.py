"""What the cluster runs of production: the project's Deployment, pods and claim, and whether they are as rendered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe import rollout
from lab_helpers.observe.timeline import phase_of
from lab_helpers.workbook.course.completion import expect_complete
from lab_helpers.workbook.course.stuck import why_stuck
from labs.lab_04_deploy_repo import rendering
from labs.lab_04_deploy_repo.rendering import APPLY, NAME

__all__ = ["CLAIM", "CONFIG", "container", "deployment", "expect_as_rendered", "live", "rolled_out"]

CLAIM = f"{NAME}-data-pvc"
CONFIG = f"{NAME}-config"


def live(lab: CheckContext, kind: str, name: str) -> Object:
    """One of the project's objects in the cluster.

    Raises:
        CheckFailed: It is not there.
    """
    item = lab.client.get(kind, name, NAME)
    if item is None:
        rendering.render(lab)  # what cannot be rendered cannot have been applied
        raise CheckFailed(
            _("{object} in namespace {namespace}").format(object=f"{kind}/{name}", namespace=NAME),
            seen=_("none"),
            hint=_why_missing(lab),
            next_step=APPLY,
        )
    return item


def _why_missing(lab: CheckContext) -> str:
    if lab.client.get("configmap", CONFIG, NAME) is not None:
        return _(
            "The rest of {project} is there. Was it the base that was applied? That has no tag, and the cluster "
            "refuses an image without one. A base is what overlays have in common, and never goes out alone."
        ).format(project=NAME)
    return _(
        "An overlay is applied with `-k`: the directory, not its files. With `-f` kubectl takes kustomization.yaml for "
        "a manifest, and knows no such kind."
    )


def deployment(lab: CheckContext) -> Object:
    """The Deployment in the cluster.

    Raises:
        CheckFailed: There is none.
    """
    return live(lab, "deployment", NAME)


def container(item: Object) -> Object:
    """The container of a Deployment that is the application.

    Raises:
        CheckFailed: There is another one beside it.
    """
    containers = item["spec"]["template"]["spec"]["containers"]
    names = [entry["name"] for entry in containers]
    if names != ["web"]:
        raise CheckFailed(
            _("one container, web"),
            seen=", ".join(names),
            hint=_(
                "A patch finds a container by its `name`. One of another name is no mistake to kustomize: it adds a "
                "second container, without an image, which the cluster then refuses."
            ),
            next_step=f"grep -rn -A 1 containers: {rendering.COMPONENT}/patches",
        )
    return dict(containers[0])


def expect_as_rendered(lab: CheckContext, objects: Sequence[Object]) -> None:
    """Make sure that the cluster has what the overlay says now.

    Raises:
        CheckFailed: It has something else, or less.
    """
    item = deployment(lab)
    applied, rendered = _applied(lab, item), _rendered(objects)
    for field, value in rendered.items():
        if applied[field] != value:
            raise CheckFailed(
                _("{field}: {value}, as the overlay of production says").format(field=field, value=value),
                seen=f"{field}: {applied[field]}",
                hint=_(
                    "Another overlay, or an older state of this one, was applied: what differs is what `kubectl diff` "
                    "says."
                ),
                next_step=f"kubectl diff -k {rendering.OVERLAY} -l app={NAME}",
            )


def rolled_out(lab: CheckContext) -> list[Object]:
    """The pods, once each of them is Ready and as the Deployment wants it.

    Raises:
        CheckFailed: One cannot start.
        Unsettled: They are on their way.
    """
    item = deployment(lab)
    pods = lab.client.list("pod", NAME, rollout.pods_selector(item))
    for pod in pods:
        stuck = why_stuck(lab.client, pod, _("What do its events say?"))
        if stuck is not None:
            raise stuck
    expect_complete(rollout.status_of(item), _("every pod of the Deployment replaced and Ready"), NAME)
    return [pod for pod in pods if phase_of(pod) == "ready"]


def _applied(lab: CheckContext, item: Object) -> dict[str, Any]:
    return _facts(item, live(lab, "pvc", CLAIM))


def _rendered(objects: Sequence[Object]) -> dict[str, Any]:
    return _facts(rendering.find(objects, "Deployment", NAME), rendering.find(objects, "PersistentVolumeClaim", CLAIM))


def _facts(item: Object, claim: Object) -> dict[str, Any]:
    return {
        "image": container(item)["image"],
        "replicas": item["spec"].get("replicas", 1),
        "storage": claim["spec"]["resources"]["requests"]["storage"],
    }
