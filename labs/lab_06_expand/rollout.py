"""A release of prj-02 behind the door: sent by a commit, and replaced without a request lost."""

from __future__ import annotations

from lab_helpers import CheckContext, CheckFailed, Unsettled
from lab_helpers.language import gettext as _
from lab_helpers.observe.timeline import image_tag
from lab_helpers.workbook.course.streams import why_paused
from lab_helpers.workbook.learner import committed, manifests, production
from lab_helpers.workbook.learner.committed import Committed
from lab_helpers.workbook.pictures.observation import RolloutObservation

__all__ = ["again", "expect_drained", "expect_none_failed", "expect_sent"]

_PROJECT = "prj-02"
_FILE = f"k8s/overlays/production/{_PROJECT}/kustomization.yaml"
_ENOUGH = 10  # requests: half a second of the stream
_DELAY = 5  # seconds: on a machine with fifteen times as much to do as it can, the controller took three


def expect_sent(lab: CheckContext, tag: str) -> Committed:
    """Make sure that a release was written down, committed, and applied; returns the commit.

    Raises:
        CheckFailed: It was not.
    """
    actual = image_tag(production.deployment(lab, _PROJECT)["spec"]["template"])
    written = [
        image["newTag"].text
        for image in manifests.read(lab.workspace, f"{production.REPOSITORY}/{_FILE}").entries("images")
        if image["name"].text == f"ghcr.io/org/{_PROJECT}"
    ]
    if actual == tag and written == [tag]:
        return committed.read(lab.workspace, production.REPOSITORY, _FILE)
    edit = f"sed -i 's/newTag: .*/newTag: {tag}/' {production.REPOSITORY}/{_FILE}"
    commit = f'git -C {production.REPOSITORY} commit -am "Deploy {tag} to production"'
    raise CheckFailed(
        _("{tag} in the Deployment").format(tag=tag),
        seen=actual,
        hint=_("newTag in {file} says {tags}: a release is a new tag there, committed and applied.").format(
            file=f"{production.REPOSITORY}/{_FILE}", tags=", ".join(written) or _("none")
        ),
        next_step=production.APPLY if written == [tag] else f"{edit} && {commit} && {production.APPLY}",
    )


def expect_drained(lab: CheckContext) -> None:
    """Make sure that a pod goes on answering until the controller knows that it goes.

    Raises:
        CheckFailed: It does not.
    """
    spec = production.deployment(lab, _PROJECT)["spec"]["template"]["spec"]
    delay = spec["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    if delay < _DELAY:
        raise CheckFailed(
            _("a preStop sleep of {seconds} s or more").format(seconds=_DELAY),
            seen=_("{seconds} s").format(seconds=delay) if delay else _("none"),
            hint=_(
                "The controller sends requests to pods, not to the Service, and hears later than the pod that it goes: "
                "on a busy machine by seconds. Has the pod stopped listening by then, clients get 502."
            ),
            next_step=f"git -C {production.REPOSITORY} diff -- k8s",
        )


def expect_none_failed(observation: RolloutObservation, before: str, after: str) -> None:
    """Make sure that both releases have answered the stream, and that no request has failed behind the door.

    A rollout behind the door has no part in the connection with the door: where that came too late, the machine did.

    Raises:
        CheckFailed: One has, or the stream began too late.
        Unsettled: The new release has answered a few only.
    """
    failures = [request for request in observation.failures if request.late != "connection"]
    if failures:
        raise CheckFailed(
            _("no request to fail"),
            seen=_("{count} of {all} failed, first: {error}").format(
                count=len(failures), all=len(observation.requests), error=failures[0].error or failures[0].status
            ),
            hint=why_paused(observation, failures)
            or _("What do the pods do between SIGTERM and the end, and does the controller know by then?"),
            next_step=again(before),
        )
    if not observation.answered_by(before):
        raise CheckFailed(
            _("requests answered by {tag} before the rollout").format(tag=before),
            seen=_("none"),
            hint=_("The watch must begin first."),
            next_step=again(before),
        )
    if len(observation.answered_by(after)) < _ENOUGH:
        raise Unsettled(
            _("requests answered by {tag}").format(tag=after),
            seen=str(len(observation.answered_by(after))),
            hint=_("Is it behind the Service?"),
        )


def again(before: str) -> str:
    """What to do again where the stream has missed the beginning."""
    return _('Set newTag to {tag}, apply it, run `lab.watch_rollout("door")`, then the step\'s commands again.').format(
        tag=before
    )
