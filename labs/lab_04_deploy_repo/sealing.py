"""What proves steps 4.6 and 4.7: the secrets are in Git, sealed; the key was lost, and all of it is open again."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.kube.conditions import condition
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import committed, git
from lab_helpers.workbook.learner.manifests import read_text
from labs.lab_04_deploy_repo import rendering, running
from labs.lab_04_deploy_repo.rendering import GROUND, NAME, OVERLAY, REPOSITORY

__all__ = ["opened_again", "sealed_in_git"]

_SECRET = f"{NAME}-secrets"
_SEALED = f"{REPOSITORY}/_shared/secrets/sealed/production"
_SEAL = f"{REPOSITORY}/_shared/scripts/env/seal_env.sh production"
_KEY_LABEL = "sealedsecrets.bitnami.com/sealed-secrets-key"
_CONTROLLER = "sealed-secrets-controller"
_READ_KEYS = f"kubectl -n kube-system rollout restart deployment/{_CONTROLLER}"


@check("4.6", seconds=15)
def sealed_in_git(lab: CheckContext) -> Evidence:
    """The overlay takes its secrets from Git, sealed, and the controller has opened them."""
    _expect_nothing_plain(lab)
    objects = rendering.render(lab)
    _expect_switched(objects)
    for name in ("k8s/overlays/production/kustomization.yaml", f"_shared/secrets/sealed/production/{_SECRET}.yaml"):
        committed.read(lab.workspace, REPOSITORY, name)
    sealed = _opened(lab)
    secret = _unsealed(lab)
    values = dict(_values(lab, NAME))
    if {key: _decoded(value) for key, value in secret["data"].items()} != values:
        raise CheckFailed(
            _("the values that production's file has"),
            seen=_("others"),
            hint=_("They were drawn anew since they were sealed. Seal them once more, commit, and apply."),
            next_step=_SEAL,
        )
    _remember(lab, sealed, secret)
    return Evidence(
        in_Git=f"{_SEALED}/{_SECRET}.yaml",
        keys=", ".join(sorted(values)),
        SealedSecret=condition(sealed, "Synced").get("reason", "") or "Synced",
        Secret=_("made by the controller, of the values in the file"),
    )


@check("4.7", seconds=15)
def opened_again(lab: CheckContext) -> Evidence:
    """The key was lost and came back from its copy, and the Secret that was gone is there again."""
    before = lab.observations.get("sealing keys")
    if not before:
        raise CheckFailed(
            _("step {step} proven").format(step="4.6"),
            seen=_("not yet"),
            hint=_("What was never sealed cannot stay shut."),
            next_step='lab.check("4.6")',
        )
    keys = _uids(lab)
    _expect_lost(before, keys)
    _expect_back(before, keys)
    _opened(lab)
    secret = _unsealed(lab)
    if secret["metadata"]["uid"] == lab.observations.get("unsealed"):
        raise CheckFailed(
            _("another Secret {secret} than before the loss").format(secret=_SECRET),
            seen=_("the one that was there all the time"),
            hint=_(
                "A Secret that was opened once does not need the key any more, so this proves nothing. Delete it: on a "
                "cluster made anew it would not be there either."
            ),
            next_step=f"kubectl -n {NAME} delete secret {_SECRET} && {_READ_KEYS}",
        )
    return Evidence(
        key_from_the_copy=", ".join(sorted(before)),
        made_meanwhile=", ".join(sorted(keys.keys() - before.keys())),
        Secret=_("made anew, by a key that had been lost"),
    )


def _remember(lab: CheckContext, sealed: Object, secret: Object) -> None:
    """Keep what 4.7 compares with: what was there before the loss, unless it was all sealed anew since."""
    before, keys = lab.observations.get("sealing keys", {}), _uids(lab)
    is_lost = not any(keys.get(name) == uid for name, uid in before.items())
    is_back = before.keys() <= keys.keys()
    is_sealed_anew = sealed["spec"]["encryptedData"] != lab.observations.get("sealed")
    if before and is_lost and (is_back or not is_sealed_anew):
        return
    lab.observations["sealing keys"] = keys
    lab.observations["sealed"] = sealed["spec"]["encryptedData"]
    lab.observations["unsealed"] = secret["metadata"]["uid"]


def _expect_nothing_plain(lab: CheckContext) -> None:
    """Make sure that no commit has one of the values, readable or in base64."""
    committed.expect_readable(lab.workspace, REPOSITORY)
    history = git.run(lab.workspace / REPOSITORY, "log", "-p", "--all", "--format=")
    for project in (NAME, "prj-01", "prj-03", "prj-04"):
        for key, value in _values(lab, project):
            if value in history or base64.b64encode(value.encode()).decode() in history:
                raise CheckFailed(
                    _("no secret value in any commit"),
                    seen=_("that of {key} of {project}").format(key=key, project=project),
                    hint=_(
                        "base64 is another way of writing and no lock: whoever may read the repository may read the "
                        "value, also after the file is gone. In earnest it would have to be drawn anew."
                    ),
                    next_step=f"git -C {REPOSITORY} log --stat -1",
                )


def _expect_switched(objects: list[Object]) -> None:
    kinds = {item["kind"] for item in objects if item["metadata"]["name"] == _SECRET}
    if "Secret" in kinds:
        raise CheckFailed(
            _("an overlay of production that takes the sealed Secrets"),
            seen=_("a Secret {secret}, from the file").format(secret=_SECRET),
            hint=_(
                "It still lists `- secrets` under `components`: each apply makes the Secret from a file that only your "
                "machine has. The sealed ones are a component, too."
            ),
            next_step=f"sed -n '/components:/,/patches:/p' {OVERLAY}/kustomization.yaml",
        )
    if "SealedSecret" not in kinds:
        raise CheckFailed(
            _("SealedSecret {secret} in what kustomize renders").format(secret=_SECRET),
            seen=_("none"),
            hint=_("The component lists what was sealed; the script seals, and writes the list."),
            next_step=_SEAL,
        )


def _opened(lab: CheckContext) -> Object:
    """The SealedSecret, once the controller has opened it."""
    sealed = lab.client.get("sealedsecret", _SECRET, NAME)
    if sealed is None:
        raise CheckFailed(
            _("SealedSecret {secret} in namespace {namespace}").format(secret=_SECRET, namespace=NAME),
            seen=_("none"),
            hint=_("It has no label `app`: it is applied with the ground."),
            next_step=GROUND,
        )
    synced = condition(sealed, "Synced")
    if synced.get("status") == "True":
        return sealed
    message = synced.get("message", _("nothing yet"))
    hint, next_step = _("The controller has not looked yet."), f"kubectl -n {NAME} get sealedsecret"
    if "already exists" in message:
        hint = _(
            "A Secret of that name was there before, and the controller overwrites nothing that is not its own: give "
            "it over, by an annotation."
        )
        next_step = f"kubectl -n {NAME} annotate secret {_SECRET} sealedsecrets.bitnami.com/managed=true"
    elif "no key could decrypt" in message:
        hint = _(
            "It was sealed by a key that the controller has not, or for another namespace or another name: all three "
            "are part of the seal. The controller reads its keys when it starts."
        )
        next_step = f"kubectl -n kube-system get secret -l {_KEY_LABEL}"
    expected = _("SealedSecret {secret} opened").format(secret=_SECRET)
    raise Unsettled(expected, seen=message, hint=hint, next_step=next_step)


def _unsealed(lab: CheckContext) -> Object:
    """The Secret that the controller has made."""
    secret = running.live(lab, "secret", _SECRET)
    owners = [owner["kind"] for owner in secret["metadata"].get("ownerReferences", [])]
    if "SealedSecret" not in owners:
        raise Unsettled(
            _("a Secret that belongs to its SealedSecret"),
            seen=_("one that was applied"),
            hint=_("It is from before. Give it over to the controller, which makes its own of it."),
            next_step=f"kubectl -n {NAME} annotate secret {_SECRET} sealedsecrets.bitnami.com/managed=true && {GROUND}",
        )
    return secret


def _expect_lost(before: dict[str, str], keys: dict[str, str]) -> None:
    unchanged = [name for name, uid in before.items() if keys.get(name) == uid]
    if unchanged:
        raise CheckFailed(
            _("the key to have been lost"),
            seen=_("{key}, never deleted").format(key=unchanged[0]),
            hint=_("Keep a copy first, then delete it, with all the courage that this takes."),
            next_step=_("Run the cells of this step from the first on."),
        )


def _expect_back(before: dict[str, str], keys: dict[str, str]) -> None:
    missing = sorted(before.keys() - keys.keys())
    if missing:
        raise CheckFailed(
            _("the key {key}, from its copy").format(key=missing[0]),
            seen=", ".join(sorted(keys)) or _("none"),
            hint=_(
                "The controller has made a new one, which seals from now on and opens nothing of what is in Git. The "
                "old one is in your copy."
            ),
            next_step=f"kubectl apply -f sealing-keys.backup && {_READ_KEYS}",
        )


def _uids(lab: CheckContext) -> dict[str, str]:
    """The controller's keys: their uids by their names."""
    keys = lab.client.list("secret", "kube-system", _KEY_LABEL)
    return {key["metadata"]["name"]: key["metadata"]["uid"] for key in keys}


def _values(lab: CheckContext, project: str) -> Iterator[tuple[str, str]]:
    """The secret values of a project's file; none where it is not there."""
    file = f"{OVERLAY}/secrets/{project}.env"
    for line in read_text(lab.workspace, file).splitlines() if (lab.workspace / file).is_file() else ():
        key, equals, value = line.partition("=")
        if equals and value and not key.startswith("#"):
            yield key, value


def _decoded(value: str) -> str:
    return base64.b64decode(value).decode(errors="replace")
