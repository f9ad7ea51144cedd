"""Why a step of notebook 05 is not done: the mistake that was made, told from what is there."""

from __future__ import annotations

from collections.abc import Sequence

from lab_helpers import CheckContext
from lab_helpers.language import gettext as _
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.course.streams import why_paused
from lab_helpers.workbook.pictures.observation import RolloutObservation
from labs.lab_05_first_deploy import prj_02

__all__ = ["why_not_mounted", "why_not_sent", "why_not_undone", "why_requests_failed", "why_sigterm_was_not_heard"]


def why_sigterm_was_not_heard(lab: CheckContext) -> str:
    """Why the application did not hear that it shall end."""
    command = prj_02.deployment(lab)["spec"]["template"]["spec"]["containers"][0].get("command", [])
    if not command:
        return _("SIGTERM goes to the container's first process. Is that the application?")
    return _(
        "SIGTERM goes to the container's first process, and that is `{command}`, not the "
        "application: the manifest has a command of its own. Without it the image starts the "
        "application itself."
    ).format(command=command[0])


def why_requests_failed(observation: RolloutObservation, failures: Sequence[Request]) -> str:
    """Why clients noticed a rollout."""
    paused = why_paused(observation, failures)
    if paused:
        return paused
    if not observation.seconds_without_ready_pod:
        return _(
            "Ready pods were there all the time, and some did not answer. The picture shows when; what was done then?"
        )
    return _(
        "For a while no pod was Ready: the old ones were stopped before the new ones ran, as "
        "docker compose down and up do it. Apply the new tag while the old pods run, and leave "
        "the order to the cluster."
    )


def why_not_sent(lab: CheckContext, tag: str, target: str) -> str:
    """Why the Deployment asks for ``target``, where a release that never gets Ready should be seen."""
    if not prj_02.is_pushed(lab, target):
        return _("No release {target} was ever pushed, so its pods cannot even start: newTag should be {tag}.").format(
            target=target, tag=tag
        )
    if prj_02.revision(lab, tag) is not None:
        return _(
            "{tag} was sent, and taken back before its deadline. Send it again, and leave it so until it is checked."
        ).format(tag=tag)
    return _("{tag} was not sent yet. Send it, and leave it so until it is checked.").format(tag=tag)


def why_not_undone(lab: CheckContext, bad: str) -> str:
    """Why the bad release still runs, or runs again."""
    if prj_02.came_back(lab, bad):
        return _(
            "{bad} was left, and came back. A second undo goes forward to it again, for undo goes to the revision "
            "before; and so does an apply while the overlay says {bad}."
        ).format(bad=bad)
    return _(
        "{bad} still runs: nothing has gone back yet. `kubectl rollout undo`, once, goes to the revision before."
    ).format(bad=bad)


def why_not_mounted(lab: CheckContext) -> str:
    """Why the Deployment does not have its data where it had it."""
    spec = prj_02.deployment(lab)["spec"]["template"]["spec"]
    mounts = spec["containers"][0].get("volumeMounts", [])
    name = next((mount["name"] for mount in mounts if mount["mountPath"] == prj_02.DATA), "")
    volumes = (volume for volume in spec.get("volumes", []) if volume["name"] == name)
    kind = next((kind for volume in volumes for kind in volume if kind != "name"), _("nothing"))
    return _(
        "The manifest that was applied mounts {kind} at {data}. The data is still in the claim: "
        "mount the persistentVolumeClaim there again, and apply."
    ).format(kind=kind, data=prj_02.DATA)
