"""What can be seen of prj-02: its Deployment, its pods, its overlay, its prices. Each look is one look."""

from __future__ import annotations

import json

from lab_helpers import CheckContext, CheckFailed, Unsettled
from lab_helpers.images.registry import tags
from lab_helpers.kube.diagnose import explain_pod, waiting_reasons
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.observe import rollout
from lab_helpers.observe.timeline import image_tag, phase_of
from lab_helpers.observe.traffic import Request
from lab_helpers.policy.images import IMMUTABLE
from lab_helpers.workbook.course import mistakes
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.learner import committed, manifests
from lab_helpers.workbook.learner.committed import Committed, Uncommitted
from lab_helpers.workbook.pictures.words import phase_name

__all__ = [
    "DATA",
    "NAME",
    "NAMESPACE",
    "OVERLAY",
    "REPOSITORY",
    "came_back",
    "deployment",
    "expect_git",
    "expect_release",
    "is_pushed",
    "is_right",
    "overlay_tag",
    "pods",
    "revision",
    "rolled_out",
    "send",
    "target",
    "total",
]

NAME = NAMESPACE = "prj-02"
REPOSITORY = "infra"
OVERLAY = f"{REPOSITORY}/k8s/overlays/staging"
"""What is applied: all of staging."""
_IN_REPOSITORY = f"k8s/overlays/staging/{NAME}/kustomization.yaml"
_RELEASE = f"{REPOSITORY}/{_IN_REPOSITORY}"
"""The file that says which release staging runs."""
DATA = "/app/data"
"""Where the application has its claim."""

_IMAGE = "ghcr.io/org/prj-02"
_APPLY = f"kubectl apply -k {OVERLAY}"
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
            next_step=_APPLY if _has_values(lab) else _DRAW_VALUES,
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


def rolled_out(lab: CheckContext, tag: str) -> list[Object]:
    """The pods, once every one of them is Ready and of that release.

    Raises:
        CheckFailed: Another release is being rolled out, or this one cannot come up.
        Unsettled: It is on its way.
    """
    expect_release(lab, tag)
    all_pods = pods(lab)
    for pod in all_pods:
        if image_tag(pod) == tag:  # what is wrong with another release's is over when the Deployment has replaced it
            _expect_no_trouble(lab, pod)
    status = rollout.status(lab.client, NAME, NAMESPACE)
    if not status.is_complete:
        failure = CheckFailed if status.is_stalled else Unsettled
        raise failure(
            _("{tag} rolled out").format(tag=tag),
            seen=status.message,
            hint=_("A pod counts once its readiness probe is answered."),
            next_step=f"kubectl -n {NAMESPACE} get pods",
        )
    return [pod for pod in all_pods if phase_of(pod) == "ready"]


def expect_release(lab: CheckContext, tag: str) -> None:
    """Make sure that the Deployment asks for a release, whether or not it runs yet.

    Raises:
        CheckFailed: It asks for another one.
    """
    actual = target(lab)
    if actual == tag:
        return
    manifests.expect_kustomization(lab.workspace, OVERLAY)  # what cannot be read cannot have been applied
    raise CheckFailed(
        _("{tag} in the Deployment").format(tag=tag),
        seen=actual,
        hint=_why_another(lab, actual, tag),
        next_step=send(lab, tag),
    )


def target(lab: CheckContext) -> str:
    """The release that the Deployment asks for."""
    return image_tag(deployment(lab)["spec"]["template"])


def send(lab: CheckContext, tag: str) -> str:
    """The commands that send a release from the overlay as it is now."""
    return _APPLY if overlay_tag(lab) == tag else f"{_write_down(lab, tag)} && {_APPLY}"


def _write_down(lab: CheckContext, tag: str) -> str:
    """The commands that make Git say that a release should run."""
    edit = f"sed -i 's/newTag: .*/newTag: {tag}/' {_RELEASE}"
    if f"newTag: {tag}\n" in committed.text(lab.workspace / REPOSITORY, _IN_REPOSITORY):
        return edit  # is what is committed, so that there would be nothing to commit
    return f'{edit} && git -C {REPOSITORY} commit -am "Deploy {tag} to staging"'


def overlay_tag(lab: CheckContext) -> str:
    """The tag that the staging overlay in the workspace names.

    Raises:
        CheckFailed: The overlay cannot be read, or names none.
    """
    images = manifests.read(lab.workspace, _RELEASE)["images"]
    for image in images.items():
        if image["name"].text == _IMAGE:
            return image["newTag"].text
    raise CheckFailed(
        _("an entry under `images` with the line `name: {image}`").format(image=_IMAGE),
        seen=", ".join(image["name"].text for image in images.items()) or _("none"),
        hint=_(
            "kustomize sets the tag of the image whose whole name is written there, as the manifest has it; of "
            "another name it says nothing, and changes nothing."
        ),
        next_step=f"grep -n -A 3 images: {_RELEASE}",
    )


def expect_git(lab: CheckContext, tag: str) -> Committed:
    """Make sure that Git tells the truth, and return the commit that does.

    Raises:
        CheckFailed: What Git says cannot be told.
        Uncommitted: The overlay names another release than the one that runs, or is not committed as it is.
    """
    actual = overlay_tag(lab)
    if actual != tag:
        raise Uncommitted(
            _("newTag: {tag} in {file}, as in the cluster").format(tag=tag, file=_RELEASE),
            seen=f"newTag: {actual}",
            hint=_(
                "The cluster was told {tag} past Git, which still says {told}: the next apply, whoever "
                "types it, sends {told} again."
            ).format(tag=tag, told=actual),
            next_step=_write_down(lab, tag),
        )
    return committed.read(lab.workspace, REPOSITORY, _IN_REPOSITORY)


def total(request: Request) -> float:
    """The total that a request for a price was answered with."""
    return float(json.loads(request.body)["total"])


def is_right(request: Request) -> bool:
    """Whether the total is the price of one times the quantity, to the cent."""
    price = json.loads(request.body)
    return bool(abs(price["total"] - price["unit"] * price["quantity"]) < 0.005)


def _why_another(lab: CheckContext, actual: str, tag: str) -> str:
    """Why the Deployment asks for another release than the step wants."""
    named = overlay_tag(lab)
    if named == tag:
        return _("The overlay says {tag}, and the cluster {seen}: apply the overlay.").format(tag=tag, seen=actual)
    if named != actual and not IMMUTABLE.search(f":{named}"):
        return _(
            "newTag in {file} says {told}, which is neither vX.Y.Z nor sha-…: staging takes nothing else (§1.2)."
        ).format(file=_RELEASE, told=named)
    if named != actual and not is_pushed(lab, actual):
        return _why_never_pushed(lab, actual)
    if named != actual:
        return _("The overlay says {told} and the cluster {seen}; this step wants {tag} in both.").format(
            told=named, seen=actual, tag=tag
        )
    if not is_pushed(lab, named):
        return _("newTag in {file} says {told}, and no release of that name was ever pushed.").format(
            file=_RELEASE, told=named
        )
    if revision(lab, tag) is not None:
        return _("newTag in {file} says {told}: {tag} was sent, and taken back.").format(
            file=_RELEASE, told=named, tag=tag
        )
    return _("newTag in {file} still says {told}: {tag} was never sent.").format(file=_RELEASE, told=named, tag=tag)


def _why_never_pushed(lab: CheckContext, actual: str) -> str:
    """Why the Deployment asks for a release that is none; whether somebody came back to it is seen, not supposed."""
    if came_back(lab, actual):
        return _(
            "The cluster wants {seen} again, and no release of that name was ever pushed. `rollout undo` goes to the "
            "revision before, also where that was a mistake; `kubectl rollout undo --to-revision` names another."
        ).format(seen=actual)
    return _(
        "The cluster wants {seen}, and no release of that name was ever pushed: newTag in {file} was something else "
        "when it was applied last."
    ).format(seen=actual, file=_RELEASE)


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
    return tag in tags(lab.registry, _IMAGE.partition("/")[2])


def _expect_no_trouble(lab: CheckContext, pod: Object) -> None:
    """Tell the troubles that time does not heal from a pod that is still on its way."""
    if not waiting_reasons(pod) & {"ErrImagePull", "ImagePullBackOff", "CreateContainerConfigError"}:
        return
    name = pod["metadata"]["name"]
    hint, next_step = mistakes.without_pull_secret(lab.client, "ghcr-secret", NAMESPACE) or (
        _("Was {tag} ever pushed, and is every Secret that the pod names there?").format(tag=image_tag(pod)),
        f"kubectl -n {NAMESPACE} events --for pod/{name}",
    )
    raise CheckFailed(
        _("every pod to start"),
        seen=f"{name}: {explain_pod(pod, lab.client.events(NAMESPACE, f'pod/{name}'))}",
        hint=hint,
        next_step=next_step,
        evidence={gettext_noop("pods"): _table(pods(lab))},
    )


def _table(all_pods: list[Object]) -> Table:
    rows = [(pod["metadata"]["name"], image_tag(pod), phase_name(phase_of(pod))) for pod in all_pods]
    return Table((_("pod"), _("release"), _("state")), rows)
