"""What proves step 4.3: which level of the configuration won, and which pods have read it."""

from __future__ import annotations

from lab_helpers import CheckContext, CheckFailed, Evidence, check
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course import mistakes
from labs.lab_04_deploy_repo import rendering, running
from labs.lab_04_deploy_repo.rendering import APPLY, COMPONENT, NAME, REPOSITORY

__all__ = ["pods_have_read_it"]

_KEY = "LOG_LEVEL"
_LEVEL = "warn"
_PATCH = f"{COMPONENT}/patches/config-patch.yaml"
_RESTART = f"kubectl -n {NAME} rollout restart deployment/{NAME}"


@check("4.3", seconds=60)
def pods_have_read_it(lab: CheckContext) -> Evidence:
    """Production logs warnings only: the overlay says so, and every pod has read it."""
    base = _rendered(lab, rendering.BASE)
    _expect_overlay(lab, base)
    rendering.expect_committed(lab)
    _expect_no_override(lab)
    stored = running.live(lab, "configmap", running.CONFIG)["data"].get(_KEY)
    if stored != _LEVEL:
        raise CheckFailed(
            _("{key}: {level} in the ConfigMap of the cluster").format(key=_KEY, level=_LEVEL),
            seen=str(stored),
            hint=_("The overlay says it, and the cluster has not heard of it: diff, then apply."),
            next_step=APPLY,
        )
    values = {pod["metadata"]["name"]: _read_by(lab, pod["metadata"]["name"]) for pod in running.rolled_out(lab)}
    stale = [name for name, value in values.items() if value != _LEVEL]
    if stale:
        raise CheckFailed(
            _("{key}={level} in every pod").format(key=_KEY, level=_LEVEL),
            seen=_("{pod} has {value}").format(pod=stale[0], value=values[stale[0]]),
            hint=_(
                "The ConfigMap is new and the pods are not: a process gets its environment when it starts, and nothing "
                "in the Deployment has changed that would replace it. Tell it to."
            ),
            next_step=_RESTART,
        )
    return Evidence(base=base[_KEY], production=_LEVEL, ConfigMap=stored, pods=", ".join(values))


def _rendered(lab: CheckContext, directory: str) -> dict[str, str]:
    return dict(rendering.find(rendering.render(lab, directory), "ConfigMap", running.CONFIG)["data"])


def _expect_overlay(lab: CheckContext, base: dict[str, str]) -> None:
    if base[_KEY] == _LEVEL:
        raise CheckFailed(
            _("the base as it was"),
            seen=f"{_KEY}: {_LEVEL}",
            hint=_(
                "What is written into the base is changed in every environment, at its next apply. An overlay's patch "
                "of the ConfigMap is for one."
            ),
            next_step=f"git -C {REPOSITORY} log -p -1 -- k8s/base",
        )
    overlay = _rendered(lab, rendering.OVERLAY)
    if overlay[_KEY] == _LEVEL:
        return
    hint = _("Nothing in production's overlay says so: a patch of the ConfigMap does, once it is listed.")
    misspelled = mistakes.similar(_KEY, overlay.keys() - base.keys())
    if misspelled:
        hint = _(
            "There is a key {misspelled}, and no application reads it: a ConfigMap takes any name. Which names count "
            "is in the application's .env.example."
        ).format(misspelled=misspelled)
    elif _PATCH not in rendering.listed(lab) and (lab.workspace / _PATCH).exists():
        hint = _("config-patch.yaml is there, and no kustomization.yaml lists it.")
    raise CheckFailed(
        _("{key}: {level} in what kustomize renders for production").format(key=_KEY, level=_LEVEL),
        seen=overlay[_KEY],
        hint=hint,
        next_step=f"grep -rn LEVEL {rendering.BASE}/configmaps {COMPONENT}",
    )


def _expect_no_override(lab: CheckContext) -> None:
    """Make sure that no variable of the container itself hides what the ConfigMap says."""
    own = {entry["name"]: entry.get("value", "") for entry in running.container(running.deployment(lab)).get("env", [])}
    if _KEY in own:
        raise CheckFailed(
            _("no {key} in the Deployment itself").format(key=_KEY),
            seen=f"env: {_KEY}={own[_KEY]}",
            hint=_(
                "`env` of a container wins over every ConfigMap and Secret of `envFrom`: it is a fifth level, which no "
                "file of Git knows of, and the next one who changes the ConfigMap wonders why nothing happens."
            ),
            next_step=f"kubectl -n {NAME} set env deployment/{NAME} {_KEY}-",
        )


def _read_by(lab: CheckContext, pod: str) -> str:
    return lab.client.exec(pod, ["sh", "-c", f'echo "${_KEY}"'], NAME).stdout.strip()
