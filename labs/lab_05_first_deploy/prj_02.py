"""What can be seen of prj-02: its Deployment, its pods, its releases, its prices. Each look is one look."""

from __future__ import annotations

import json

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.images.registry import tags
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe import rollout
from lab_helpers.observe.timeline import image_tag
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.learner import manifests

__all__ = [
    "APPLY",
    "DATA",
    "IMAGE",
    "NAME",
    "NAMESPACE",
    "OVERLAY",
    "REPOSITORY",
    "came_back",
    "deployment",
    "is_pushed",
    "is_right",
    "pods",
    "revision",
    "target",
    "total",
]

NAME = NAMESPACE = "prj-02"
REPOSITORY = "infra"
OVERLAY = f"{REPOSITORY}/k8s/overlays/staging"
"""What is applied: all of staging."""
APPLY = f"kubectl apply -k {OVERLAY}"
DATA = "/app/data"
"""Where the application has its claim."""

IMAGE = "ghcr.io/org/prj-02"
_DRAW_VALUES = "infra/_shared/scripts/env/setup_env_secure.sh staging"


def deployment(lab: CheckContext) -> Object:
    """The Deployment.

    Raises:
        CheckFailed: There is none.
    """
    item = lab.client.get("deployment", NAME, NAMESPACE)
    if item is None:
        manifests.expect_kustomization(lab.workspace, OVERLAY)
        raise CheckFailed(
            _("deployment/{name} in namespace {namespace}").format(name=NAME, namespace=NAMESPACE),
            seen=_("none"),
            hint=_how_to_deploy(lab),
            next_step=APPLY if _has_values(lab) else _DRAW_VALUES,
        )
    return item


def _how_to_deploy(lab: CheckContext) -> str:
    if _has_values(lab):
        return _("Applying the staging overlay makes it.")
    return _("The apply wants the file with the secret values, and it is not there: a script of the step draws them.")


def _has_values(lab: CheckContext) -> bool:
    return (lab.workspace / OVERLAY / "secrets" / f"{NAME}.env").exists()


def pods(lab: CheckContext) -> list[Object]:
    """The Deployment's pods, those on their way out included."""
    return lab.client.list("pod", NAMESPACE, rollout.pods_selector(deployment(lab)))


def target(lab: CheckContext) -> str:
    """The release that the Deployment asks for."""
    return image_tag(deployment(lab)["spec"]["template"])


def total(request: Request) -> float:
    """The total that a request for a price was answered with."""
    return float(json.loads(request.body)["total"])


def is_right(request: Request) -> bool:
    """Whether the total is the price of one times the quantity, to the cent."""
    price = json.loads(request.body)
    return bool(abs(price["total"] - price["unit"] * price["quantity"]) < 0.005)


def revision(lab: CheckContext, tag: str) -> rollout.Revision | None:
    """The revision of a release; None where it was never sent, or so long ago that the cluster has forgotten it."""
    revisions = rollout.revisions(lab.client, NAME, NAMESPACE)
    return next((entry for entry in revisions if entry.image.rpartition("/")[2].partition(":")[2] == tag), None)


def came_back(lab: CheckContext, tag: str) -> bool:
    """Whether a release was left and asked for again, by an undo or an apply."""
    item = revision(lab, tag)
    return item is not None and bool(item.earlier)


def is_pushed(lab: CheckContext, tag: str) -> bool:
    """Whether there is a release of that name."""
    return tag in tags(lab.registry, IMAGE.partition("/")[2])
