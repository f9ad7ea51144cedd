"""What can be seen of production: each project's Deployment, and whether all of its pods are Ready."""

from __future__ import annotations

from lab_helpers.errors import CheckFailed
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe import rollout
from lab_helpers.observe.timeline import phase_of
from lab_helpers.workbook.course.checks import Unsettled
from lab_helpers.workbook.course.completion import expect_complete
from lab_helpers.workbook.course.context import CheckContext
from lab_helpers.workbook.course.stuck import NOT_PULLED, why_stuck
from lab_helpers.workbook.learner import manifests

__all__ = ["APPLY", "OVERLAY", "REPOSITORY", "deployment", "rolled_out"]

REPOSITORY = "infra"
OVERLAY = f"{REPOSITORY}/k8s/overlays/production"
"""What is applied: all of production."""

APPLY = f"kubectl apply -k {OVERLAY}"

_DRAW_VALUES = f"{REPOSITORY}/_shared/scripts/env/setup_env_secure.sh production"
_SEAL = f"{REPOSITORY}/_shared/scripts/env/seal_env.sh production"


def deployment(lab: CheckContext, project: str) -> Object:
    """The Deployment of a project.

    Raises:
        CheckFailed: There is none.
    """
    item = lab.client.get("deployment", project, project)
    if item is None:
        manifests.expect_kustomization(lab.workspace, OVERLAY)  # what cannot be read cannot have been applied
        has_values = (lab.workspace / OVERLAY / "secrets" / f"{project}.env").exists()
        raise CheckFailed(
            _("deployment/{name} in namespace {name}").format(name=project),
            seen=_("none"),
            hint=_("Applying the overlay of production makes it.")
            if has_values
            else _("The apply wants the files with the secret values, and they are not there: a script draws them."),
            next_step=APPLY if has_values else _DRAW_VALUES,
        )
    return item


def rolled_out(lab: CheckContext, project: str) -> list[Object]:
    """The pods of a project's Deployment, once each of them is Ready and as it wants them.

    Raises:
        CheckFailed: One cannot start.
        Unsettled: They are on their way.
    """
    item = deployment(lab, project)
    _expect_secret(lab, project)
    pods = lab.client.list("pod", project, rollout.pods_selector(item))
    for pod in pods:
        # Not a Secret that is missing: it was opened a moment ago, and the kubelet looks again.
        stuck = why_stuck(lab.client, pod, _("What do its events say?"), NOT_PULLED)
        if stuck is not None:
            raise stuck
    expected = _("every pod of {name} Ready").format(name=f"deployment/{project}")
    expect_complete(rollout.status_of(item), expected, project)
    return [pod for pod in pods if phase_of(pod) == "ready"]


def _expect_secret(lab: CheckContext, project: str) -> None:
    """Make sure that the project's Secret is there, which its sealed one becomes in this cluster only."""
    name = f"{project}-secrets"
    if lab.client.get("secret", name, project) is not None:
        return
    expected = _("secret/{name} in namespace {namespace}").format(name=name, namespace=project)
    sealed = lab.client.get("sealedsecret", name, project)
    if sealed is None:
        hint = _(
            "Nothing was applied that it could be made of: the values are drawn by a script, and sealed by another."
        )
        raise CheckFailed(expected, seen=_("none"), hint=hint, next_step=f"{_DRAW_VALUES} && {_SEAL}")
    conditions = sealed.get("status", {}).get("conditions", [])
    reason = next((each.get("message", "") for each in conditions if each["status"] == "False"), "")
    failure = CheckFailed if reason else Unsettled
    raise failure(
        expected,
        seen=reason or _("not opened yet"),
        hint=_("It was sealed for another cluster: this one has a key of its own, so its Secrets are sealed anew."),
        next_step=f"{_SEAL} && {APPLY}",
    )
