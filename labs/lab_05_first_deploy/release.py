"""Whether prj-02 runs a release: the Deployment asks for it, and every pod is of it and Ready."""

from __future__ import annotations

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.observe import rollout
from lab_helpers.observe.timeline import image_tag, phase_of
from lab_helpers.policy.images import IMMUTABLE
from lab_helpers.workbook.course.completion import expect_complete
from lab_helpers.workbook.course.stuck import why_stuck
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.learner import manifests
from lab_helpers.workbook.pictures.words import phase_name
from labs.lab_05_first_deploy import overlay, prj_02
from labs.lab_05_first_deploy.prj_02 import NAME, NAMESPACE, OVERLAY

__all__ = ["expect_release", "rolled_out"]


def rolled_out(lab: CheckContext, tag: str) -> list[Object]:
    """The pods, once every one of them is Ready and of that release.

    Raises:
        CheckFailed: Another release is being rolled out, or this one cannot come up.
        Unsettled: It is on its way.
    """
    expect_release(lab, tag)
    all_pods = prj_02.pods(lab)
    for pod in all_pods:
        if image_tag(pod) == tag:  # what is wrong with another release's is over when the Deployment has replaced it
            _expect_startable(lab, pod)
    expect_complete(rollout.status(lab.client, NAME, NAMESPACE), _("{tag} rolled out").format(tag=tag), NAMESPACE)
    return [pod for pod in all_pods if phase_of(pod) == "ready"]


def expect_release(lab: CheckContext, tag: str) -> None:
    """Make sure that the Deployment asks for a release, whether or not it runs yet.

    Raises:
        CheckFailed: It asks for another one.
    """
    actual = prj_02.target(lab)
    if actual == tag:
        return
    manifests.expect_kustomization(lab.workspace, OVERLAY)  # what cannot be read cannot have been applied
    raise CheckFailed(
        _("{tag} in the Deployment").format(tag=tag),
        seen=actual,
        hint=_why_another(lab, actual, tag),
        next_step=overlay.send(lab, tag),
    )


def _why_another(lab: CheckContext, actual: str, tag: str) -> str:
    """Why the Deployment asks for another release than the step wants."""
    named = overlay.new_tag(lab)
    if named == tag:
        return _("The overlay says {tag}, and the cluster {seen}: apply the overlay.").format(tag=tag, seen=actual)
    if named != actual and not IMMUTABLE.search(f":{named}"):
        return _(
            "newTag in {file} says {told}, which is neither vX.Y.Z nor sha-…: staging takes nothing else (§1.2)."
        ).format(file=overlay.FILE, told=named)
    if named != actual and not prj_02.is_pushed(lab, actual):
        return _why_never_pushed(lab, actual)
    if named != actual:
        return _("The overlay says {told} and the cluster {seen}; this step wants {tag} in both.").format(
            told=named, seen=actual, tag=tag
        )
    if not prj_02.is_pushed(lab, named):
        return _("newTag in {file} says {told}, and no release of that name was ever pushed.").format(
            file=overlay.FILE, told=named
        )
    if prj_02.revision(lab, tag) is not None:
        return _("newTag in {file} says {told}: {tag} was sent, and taken back.").format(
            file=overlay.FILE, told=named, tag=tag
        )
    return _("newTag in {file} still says {told}: {tag} was never sent.").format(file=overlay.FILE, told=named, tag=tag)


def _why_never_pushed(lab: CheckContext, actual: str) -> str:
    """Why the Deployment asks for a release that is none; whether somebody came back to it is seen, not supposed."""
    if prj_02.came_back(lab, actual):
        return _(
            "The cluster wants {seen} again, and no release of that name was ever pushed. `rollout undo` goes to the "
            "revision before, also where that was a mistake; `kubectl rollout undo --to-revision` names another."
        ).format(seen=actual)
    return _(
        "The cluster wants {seen}, and no release of that name was ever pushed: newTag in {file} was something else "
        "when it was applied last."
    ).format(seen=actual, file=overlay.FILE)


def _expect_startable(lab: CheckContext, pod: Object) -> None:
    hint = _("Was {tag} ever pushed, and is every Secret that the pod names there?").format(tag=image_tag(pod))
    failure = why_stuck(lab.client, pod, hint)
    if failure is not None:
        failure.evidence[gettext_noop("pods")] = _table(prj_02.pods(lab))
        raise failure


def _table(all_pods: list[Object]) -> Table:
    rows = [(pod["metadata"]["name"], image_tag(pod), phase_name(phase_of(pod))) for pod in all_pods]
    return Table((_("pod"), _("release"), _("state")), rows)
