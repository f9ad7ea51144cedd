"""What proves step 4.4: all of the project was deleted, its claim too, and applied again, and the data is there."""

from __future__ import annotations

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.kube.events import parse_time
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe import volume
from labs.lab_04_deploy_repo import running
from labs.lab_04_deploy_repo.rendering import APPLY, NAME, OVERLAY

__all__ = ["outlives_its_claim"]

_FILE = "/app/data/nonce"
_CLASS = "local-path-retain"
_DELETE = f"kubectl delete -k {OVERLAY} -l app={NAME}"
_WRITE = f"""kubectl -n {NAME} exec deploy/{NAME} -- sh -c 'echo "$1" > {_FILE}' sh "$NONCE\""""


@check("4.4", seconds=60)
def outlives_its_claim(lab: CheckContext) -> Evidence:
    """The claim was deleted and made again, and the word that was written before is in it."""
    claim = running.live(lab, "pvc", running.CLAIM)
    before = str(lab.observations.get("claim", ""))
    if claim["metadata"]["uid"] == before:
        raise CheckFailed(
            _("another claim of the same name"),
            seen=_("still the one that was applied first"),
            hint=_(
                "The claim was never deleted. A Deployment or its pods may go as often as they like, that says nothing "
                "of the data's end; this step takes away all that the overlay has made of {project}."
            ).format(project=NAME),
            next_step=_DELETE,
        )
    pods = running.rolled_out(lab)
    if claim["status"]["phase"] != "Bound":
        raise Unsettled(
            _("{claim} Bound").format(claim=running.CLAIM), seen=claim["status"]["phase"], hint=_("Wait for it.")
        )
    pod = pods[0]["metadata"]["name"]
    _expect_word(lab, pod, claim)
    _expect_older(lab, pod, claim)
    binding = volume.claim(lab.client, running.CLAIM, NAME)
    return Evidence(
        claim=_("{claim}, another one than before").format(claim=running.CLAIM),
        size=binding.capacity,
        StorageClass=binding.storage_class,
        on_the_node=binding.host_path or _("not for this user to see"),
        word=_("written before this claim was made"),
    )


def _expect_word(lab: CheckContext, pod: str, claim: Object) -> None:
    word = (volume.read_nonce(lab.client, pod, NAME, _FILE) or "").strip()
    if word == lab.nonce:
        return
    hint = _("It goes into the file **before** the claim is deleted: write it, delete, and apply once more.")
    next_step = _WRITE
    storage_class = claim["spec"].get("storageClassName", "")
    if storage_class != _CLASS:
        hint = _(
            "This claim is of the class {storage_class}: another directory, and one that goes when the claim goes "
            "(reclaimPolicy: Delete). What was in the first claim is still on the node, where {retained} left it."
        ).format(storage_class=storage_class, retained=_CLASS)
        next_step = "kubectl get storageclass"
    raise CheckFailed(
        _("$NONCE in {file}").format(file=_FILE),
        seen=_("another word") if word else _("no such file"),
        hint=hint,
        next_step=next_step,
    )


def _expect_older(lab: CheckContext, pod: str, claim: Object) -> None:
    written = float(lab.client.exec(pod, ["stat", "-c", "%Y", _FILE], NAME).stdout)
    if written > parse_time(claim["metadata"]["creationTimestamp"]):
        raise CheckFailed(
            _("a word that is older than this claim"),
            seen=_("one that was written after it was made"),
            hint=_(
                "It has outlived nothing yet. It is there now: delete, and apply once more, and write nothing "
                "afterwards."
            ),
            next_step=f"{_DELETE} && {APPLY}",
        )
