"""What proves steps 5.7 to 5.9: a word nobody could guess, in a claim and in an emptyDir, and what each outlives."""

from __future__ import annotations

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check, language
from lab_helpers.kube.events import parse_time
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.observe import rollout, volume
from lab_helpers.observe.timeline import phase_of
from lab_helpers.workbook.pictures.picture import Picture, Survival, persistence_picture
from labs.lab_05_first_deploy import explaining, prj_02

__all__ = ["outlives_the_container", "outlives_the_deployment", "outlives_the_pod", "picture"]

_CLAIM = "prj-02-data-pvc"
_IN_CLAIM = f"{prj_02.DATA}/nonce"
_IN_EMPTY_DIR = "/app/cache/nonce"
# What happened, as it is remembered; shown in the reader's language.
_CONTAINER = gettext_noop("container restarted")
_POD = gettext_noop("pod deleted")
_DEPLOYMENT = gettext_noop("Deployment deleted, applied again")
_HAPPENED = (_CONTAINER, _POD, _DEPLOYMENT)


@check("5.7", seconds=40)
def outlives_the_container(lab: CheckContext) -> Evidence:
    """The container was restarted: both the claim and the emptyDir kept the word."""
    pod = _holder(lab)
    name, container = pod["metadata"]["name"], pod["status"]["containerStatuses"][0]
    if not container["restartCount"]:
        raise Unsettled(
            _("the container of {name} restarted").format(name=name),
            seen=_("not once"),
            hint=_("Ending the container's first process restarts it."),
            next_step=f"kubectl -n {prj_02.NAMESPACE} exec {name} -- kill 1",
        )
    started = parse_time(container["state"]["running"]["startedAt"])
    if _written_at(lab, name, _IN_EMPTY_DIR) > started:
        raise CheckFailed(
            _("the word to be written before the restart"),
            seen=_("it was written after it"),
            hint=_(
                "The container was restarted first and the word written afterwards, so it has outlived "
                "nothing yet. It is there now: end the process once more."
            ),
            next_step=f"kubectl -n {prj_02.NAMESPACE} exec {name} -- kill 1",
        )
    _expect_in_claim(lab, name)
    lab.observations["holder"] = pod["metadata"]["uid"]
    claim = _uid(lab, "pvc", _CLAIM)
    if claim != lab.observations.get("claim"):  # the word is in a claim that has outlived nothing yet
        lab.observations.pop("deployment", None)
    lab.observations["claim"] = claim
    _note(lab, _CONTAINER, claim=True, empty_dir=True)
    return Evidence(pod=name, restarts=container["restartCount"], claim=_("kept the word"), emptyDir=_("kept the word"))


@check("5.8", seconds=40)
def outlives_the_pod(lab: CheckContext) -> Evidence:
    """The pod was deleted: the claim kept the word, the emptyDir did not."""
    holder = _remembered(lab, "holder", "5.7")
    pods = _settled(lab)
    remaining = [pod["metadata"]["name"] for pod in pods if pod["metadata"]["uid"] == holder]
    if remaining:
        raise CheckFailed(
            _("the pod that held the word in its emptyDir deleted"),
            seen=_("{left} is still there").format(left=remaining[0]),
            hint=_(
                "The pod that holds the word was not deleted: if one was, it was another pod. Its name "
                "is in the file holder."
            ),
            next_step=f"kubectl -n {prj_02.NAMESPACE} delete pod {remaining[0]}",
        )
    keepers = [name for name in _names(pods) if _has(lab, name, _IN_EMPTY_DIR)]
    if keepers:
        raise CheckFailed(
            _("no word in any emptyDir"),
            seen=_("one in {kept}").format(kept=keepers[0]),
            hint=_("A new pod gets an empty one: was it written again?"),
        )
    for name in _names(pods):
        _expect_in_claim(lab, name)
    # The first that was seen stays the yardstick of 5.9, which may be done when this is looked at again.
    lab.observations.setdefault("deployment", _uid(lab, "deployment", prj_02.NAME))
    _note(lab, _POD, claim=True, empty_dir=False)
    return Evidence(pods=", ".join(_names(pods)), claim=_("kept the word"), emptyDir=_("lost it"))


@check("5.9", seconds=60)
def outlives_the_deployment(lab: CheckContext) -> Evidence:
    """The Deployment was deleted and came back: the claim kept the word."""
    before = _remembered(lab, "deployment", "5.8")
    claim = _uid(lab, "pvc", _CLAIM)
    if claim != _remembered(lab, "claim", "5.7"):
        raise CheckFailed(
            _("the claim that was there before"),
            seen=_("another one of that name") if claim else _("none"),
            hint=_(
                "The claim was deleted with the rest: `kubectl delete -k` deletes all that the overlay names, claims "
                "and namespaces too. What lay in them is still on the node, for their class retains it, and a claim of "
                "the same name gets it again; a class that does not, as most, would have lost your word for good. Make "
                "all of it again, and this time delete only the Deployment."
            ),
            next_step=_("Run the two cells of 5.1 that prepare and apply, then go on from 5.7."),
        )
    if _uid(lab, "deployment", prj_02.NAME) == before:
        raise CheckFailed(
            _("a new Deployment"),
            seen=_("still the one from before"),
            hint=_(
                "The Deployment was never deleted. `kubectl rollout restart`, or deleting pods, replaces "
                "its pods only; this step takes the Deployment itself away."
            ),
            next_step=f"kubectl -n {prj_02.NAMESPACE} delete deployment {prj_02.NAME}",
        )
    _expect_mounted(lab)
    pods = _settled(lab)
    for name in _names(pods):
        _expect_in_claim(lab, name)
    pvc = volume.claim(lab.client, _CLAIM, prj_02.NAMESPACE)
    _note(lab, _DEPLOYMENT, claim=True, empty_dir=None)
    return Evidence(
        Deployment=_("another one of the same name"),
        pods=", ".join(_names(pods)),
        claim=_("{claim}, {capacity}, kept the word").format(claim=_CLAIM, capacity=pvc.capacity),
        on_the_node=pvc.host_path or _("not for this user to see"),
    )


def picture(lab: CheckContext) -> Picture:
    """What outlived what, as far as the checks have seen it."""
    places = ((_("claim {name}").format(name=_CLAIM), _IN_CLAIM), ("emptyDir", _IN_EMPTY_DIR))
    outcomes = {event: lab.observations.get(event, (None, None)) for event in _HAPPENED}
    return persistence_picture(
        [
            Survival(place, {language.gettext(event): survived[row] for event, survived in outcomes.items()}, path)
            for row, (place, path) in enumerate(places)
        ]
    )


def _note(lab: CheckContext, happened: str, *, claim: bool, empty_dir: bool | None) -> None:
    lab.observations[happened] = (claim, empty_dir)


def _holder(lab: CheckContext) -> Object:
    """The pod that has the word in its emptyDir."""
    ready = [pod for pod in prj_02.pods(lab) if phase_of(pod) == "ready"]
    if len(ready) < prj_02.deployment(lab)["spec"]["replicas"]:
        raise Unsettled(
            _("every pod Ready"),
            seen=_("{count} Ready").format(count=len(ready)),
            hint=_("A restarted container needs a moment."),
        )
    for pod in ready:
        if _has(lab, pod["metadata"]["name"], _IN_EMPTY_DIR):
            return pod
    in_claim = any(_has(lab, name, _IN_CLAIM) for name in _names(ready))
    raise CheckFailed(
        _("$NONCE in {in_empty_dir} of a pod").format(in_empty_dir=_IN_EMPTY_DIR),
        seen=_("in none; the claim has it") if in_claim else _("in none, and not in the claim either"),
        hint=_("The word is in the claim only: write it into the emptyDir of a pod too, or nothing can be compared.")
        if in_claim
        else _("The word was not written yet: it goes into both volumes of one pod, the claim and the emptyDir."),
        next_step=_("Run the cell of this step that begins with `pod=`."),
    )


def _settled(lab: CheckContext) -> list[Object]:
    status = rollout.status(lab.client, prj_02.NAME, prj_02.NAMESPACE)
    pods = [pod for pod in prj_02.pods(lab) if phase_of(pod) != "terminating"]
    if not status.is_complete or len(pods) > status.replicas:
        raise Unsettled(_("every pod replaced and Ready"), seen=status.message, hint=_("Wait for the new pod."))
    return pods


def _expect_mounted(lab: CheckContext) -> None:
    volumes = prj_02.deployment(lab)["spec"]["template"]["spec"].get("volumes", [])
    if _CLAIM not in [volume_entry.get("persistentVolumeClaim", {}).get("claimName") for volume_entry in volumes]:
        raise CheckFailed(
            _("the Deployment to mount {claim}").format(claim=_CLAIM),
            seen=_("no volume that is this persistentVolumeClaim"),
            hint=explaining.why_not_mounted(lab),
            next_step=_("kubectl apply -k {overlay}   # when {file} is mended").format(
                overlay=prj_02.OVERLAY, file="infra/k8s/base/deployments/prj-02.yaml"
            ),
        )


def _expect_in_claim(lab: CheckContext, pod: str) -> None:
    if not _has(lab, pod, _IN_CLAIM):
        raise CheckFailed(
            _("$NONCE in {in_claim}").format(in_claim=_IN_CLAIM),
            seen=_("not in {pod}").format(pod=pod),
            hint=_("Which volume is mounted at /app/data?"),
        )


def _has(lab: CheckContext, pod: str, path: str) -> bool:
    return (volume.read_nonce(lab.client, pod, prj_02.NAMESPACE, path) or "").strip() == lab.nonce


def _written_at(lab: CheckContext, pod: str, path: str) -> float:
    return float(lab.client.exec(pod, ["stat", "-c", "%Y", path], prj_02.NAMESPACE).stdout)


def _remembered(lab: CheckContext, key: str, step: str) -> str:
    if key not in lab.observations:
        raise CheckFailed(
            _("step {step} proven").format(step=step),
            seen=_("not yet"),
            hint=_("Each of these steps goes on where the last one ended."),
            next_step=f'lab.check("{step}")',
        )
    return str(lab.observations[key])


def _uid(lab: CheckContext, kind: str, name: str) -> str:
    item = lab.client.get(kind, name, prj_02.NAMESPACE)
    return str(item["metadata"]["uid"]) if item else ""


def _names(pods: list[Object]) -> list[str]:
    return [pod["metadata"]["name"] for pod in pods]
