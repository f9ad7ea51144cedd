"""What proves steps 4.1 and 4.2: production runs what its overlay says, and has a delta of the learner's own."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from lab_helpers import CheckContext, CheckFailed, Evidence, check
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.learner import committed, manifests
from labs.lab_04_deploy_repo import rendering, running
from labs.lab_04_deploy_repo.rendering import APPLY, COMPONENT, NAME, REPOSITORY

__all__ = ["delta_of_ones_own", "production_runs"]

_IMAGE = "ghcr.io/org/prj-02"


@check("4.1", seconds=60)
def production_runs(lab: CheckContext) -> Evidence:
    """Production runs what its overlay says: the base, and what the overlay changes of it."""
    objects = rendering.render(lab)
    running.expect_as_rendered(lab, objects)
    pods = running.rolled_out(lab)
    committed.expect_readable(lab.workspace, REPOSITORY)
    # The first that was seen stays the yardstick of 4.4, which may be done when this is looked at again.
    lab.observations.setdefault("claim", running.live(lab, "pvc", running.CLAIM)["metadata"]["uid"])
    rows = rendering.differences(rendering.render(lab, rendering.BASE), objects)
    return Evidence(
        pods_Ready=len(pods),
        delta=Table((_("object"), _("field"), _("base"), _("production")), rows),
    )


@check("4.2", seconds=60)
def delta_of_ones_own(lab: CheckContext) -> Evidence:
    """Production has a memory limit of its own, by a patch that is listed, committed and applied."""
    limit = str(lab.vary["memory"])
    objects = rendering.render(lab)
    item = rendering.find(objects, "Deployment", NAME)
    _expect_tag(item)
    base = _limit(rendering.find(rendering.render(lab, rendering.BASE), "Deployment", NAME))
    if base == limit:
        raise CheckFailed(
            _("the base as it was"),
            seen=_("a memory limit of {limit} in {file}").format(
                limit=limit, file=f"{rendering.BASE}/deployments/{NAME}.yaml"
            ),
            hint=_(
                "What is written into the base is changed in every environment, at its next apply: staging would get "
                "it, too, and nobody has asked for that."
            ),
            next_step=f"git -C {REPOSITORY} log -p -1 -- k8s/base",
        )
    if _limit(item) != limit:
        raise _not_rendered(lab, objects, limit, _limit(item))
    commits = rendering.expect_committed(lab)
    _expect_applied(lab, item, limit)
    pods = running.rolled_out(lab)
    return Evidence(
        base=base,
        production=limit,
        pods=", ".join(pod["metadata"]["name"] for pod in pods),
        Git=str(max(commits, key=lambda commit: commit.at)),
    )


def _limit(item: Object) -> str:
    return str(running.container(item).get("resources", {}).get("limits", {}).get("memory", _("none")))


def _expect_tag(item: Object) -> None:
    image = running.container(item)["image"]
    if ":" not in image.rpartition("/")[2]:
        raise CheckFailed(
            _("a tag for {image}").format(image=_IMAGE),
            seen=image,
            hint=_(
                "`images: name:` is what the base calls the image, whole and to the letter. Of another name kustomize "
                "says nothing and changes nothing; an image without a tag is `latest`."
            ),
            next_step=f"grep -n -A 3 images: {COMPONENT}/kustomization.yaml",
        )


def _not_rendered(lab: CheckContext, objects: Sequence[Object], limit: str, rendered: str) -> CheckFailed:
    """Why the overlay does not say it."""
    hint, next_step = _("Nothing says so yet."), f"ls {COMPONENT}/patches"
    unlisted = sorted(_patch_files(lab) - set(rendering.listed(lab)))
    target = _missed_target(lab, objects)
    if unlisted:
        hint = _(
            "{file} is there, and no kustomization.yaml lists it under `patches`: kustomize reads what is listed, and "
            "says nothing of the rest."
        ).format(file=unlisted[0])
        next_step = f"cat {COMPONENT}/kustomization.yaml"
    elif target:
        hint = _(
            "A patch has the target {target}, and no object is called so: a target that fits nothing is no mistake to "
            "kustomize, and changes nothing."
        ).format(target=target)
        next_step = f"cat {COMPONENT}/kustomization.yaml"
    elif _limit(running.deployment(lab)) == limit:
        hint = _(
            "The cluster has {limit}, and the overlay has not: it was told past Git, and the next apply, whoever types "
            "it, takes it back."
        ).format(limit=limit)
    return CheckFailed(
        _("a memory limit of {limit} for web in what kustomize renders for production").format(limit=limit),
        seen=rendered,
        hint=hint,
        next_step=next_step,
    )


def _patch_files(lab: CheckContext) -> set[str]:
    directory = lab.workspace / COMPONENT / "patches"
    return {str(path.relative_to(lab.workspace)) for path in directory.glob("*.y*ml")}


def _missed_target(lab: CheckContext, objects: Sequence[Object]) -> str:
    """The first target of a patch that no rendered object fits; empty where each fits one."""
    text = manifests.read_text(lab.workspace, f"{COMPONENT}/kustomization.yaml")
    targets = [entry.get("target", {}) for entry in yaml.safe_load(text).get("patches") or []]
    present = {(item["kind"], item["metadata"]["name"]) for item in objects}
    for target in targets:
        kind, name = target.get("kind"), target.get("name")
        if kind and name and (kind, name) not in present:
            return f"{kind} {name}"
    return ""


def _expect_applied(lab: CheckContext, item: Object, limit: str) -> None:
    live = running.deployment(lab)
    if _limit(live) == limit:
        return
    hint, next_step = _("The overlay says it, and the cluster has not heard of it: diff, then apply."), APPLY
    selector = item["spec"]["selector"]["matchLabels"]
    if selector != live["spec"]["selector"]["matchLabels"]:
        hint = _(
            "The overlay now also changes the Deployment's selector ({selector}), and a selector never changes: the "
            "cluster refuses the whole Deployment. `commonLabels`, and `labels` with includeSelectors, do that to "
            "every object; `labels` alone does not."
        ).format(selector=", ".join(f"{key}={value}" for key, value in selector.items()))
        next_step = f"git -C {REPOSITORY} diff HEAD~1 -- k8s/overlays/production"
    raise CheckFailed(
        _("a memory limit of {limit} in the cluster").format(limit=limit),
        seen=_limit(live),
        hint=hint,
        next_step=next_step,
    )
