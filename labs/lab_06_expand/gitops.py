"""What proves steps 6.8 and 6.9: a commit is served and nobody applied it, and what is changed by hand is undone."""

from __future__ import annotations

import json

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe.timeline import image_tag
from lab_helpers.workbook.learner import committed, production
from lab_helpers.workbook.learner.production import REPOSITORY
from labs.lab_06_expand import following

__all__ = ["hand_undone", "served_by_a_commit"]

_REPLICAS = 3
_REPLICAS_FILE = "k8s/overlays/production/prj-04/patches/replicas-patch.yaml"
_BY_HAND, _BAD = "v1.3.0", "v1.2.0"
_DRIFT = f"kubectl -n prj-02 set image deployment/prj-02 web=ghcr.io/org/prj-02:{_BY_HAND}"
_REVERT = f"git -C {REPOSITORY} revert --no-edit HEAD && git -C {REPOSITORY} push origin main"


@check("6.8", seconds=60)
def served_by_a_commit(lab: CheckContext) -> Evidence:
    """A commit became what production runs, and nobody applied it."""
    following.application(lab, following.PRODUCTION)
    commit = committed.read(lab.workspace, REPOSITORY, _REPLICAS_FILE)
    if f"replicas: {_REPLICAS}\n" not in f"{commit.text}\n":
        raise CheckFailed(
            _("replicas: {count} in {file}").format(count=_REPLICAS, file=f"{REPOSITORY}/{_REPLICAS_FILE}"),
            seen=", ".join(line.strip() for line in commit.text.splitlines() if "replicas:" in line) or _("nothing"),
            hint=_("Git says how many; the cluster follows."),
            next_step=f"sed -i 's/replicas: .*/replicas: {_REPLICAS}/' {REPOSITORY}/{_REPLICAS_FILE}",
        )
    item = following.expect_served(lab, following.PRODUCTION)
    _expect_changed_by_commit(lab, item)
    deployment = production.deployment(lab, "prj-04")
    _expect_by_argocd(
        deployment,
        _("replicas of {name}").format(name="deployment/prj-04"),
        field="f:replicas",
        next_step="kubectl -n prj-04 scale deployment/prj-04 --replicas=1",
    )
    ready = len(production.rolled_out(lab, "prj-04"))
    if ready != _REPLICAS:
        raise Unsettled(_("{count} pods Ready").format(count=_REPLICAS), seen=str(ready), hint=_("They are coming."))
    return Evidence(served=following.commits(lab, item), pods=ready, Git=str(commit))


@check("6.9", seconds=60)
def hand_undone(lab: CheckContext) -> Evidence:
    """What was changed by hand was undone, and a bad release went back by a commit."""
    following.application(lab, following.PRODUCTION)
    _expect_changed_by_hand(lab)
    commit = committed.read(lab.workspace, REPOSITORY, following.TAG_FILE)
    tag = following.value_at(lab, "HEAD", following.TAG_FILE, "newTag")
    if tag in (_BAD, _BY_HAND):
        raise CheckFailed(
            _("Git to name another release than {tag}").format(tag=tag),
            seen=str(commit),
            hint=_("The way back is a commit, like the way there: whatever else you do in the cluster is undone."),
            next_step=_REVERT,
        )
    item = following.expect_served(lab, following.PRODUCTION)
    _expect_bad_commit_served(lab, item)
    deployment = production.deployment(lab, "prj-02")
    _expect_by_argocd(
        deployment, _("the image of {name}").format(name="deployment/prj-02"), field="f:image", next_step=_DRIFT
    )
    pods = production.rolled_out(lab, "prj-02")
    return Evidence(
        served=following.commits(lab, item),
        by_hand=_("{tag}, undone").format(tag=_BY_HAND),
        release=", ".join(sorted({image_tag(pod) for pod in pods})),
        Git=str(commit),
    )


def _expect_changed_by_commit(lab: CheckContext, item: Object) -> None:
    """Make sure that the cluster did not have as many replicas already when Argo CD began to follow."""
    served = following.deployed(item)
    if served and served[0].number > 0:  # older ones are not listed any more
        return
    if {following.value_at(lab, each.revision, _REPLICAS_FILE, "replicas") for each in served} - {str(_REPLICAS), ""}:
        return
    raise CheckFailed(
        _("a commit that changed the replicas after Argo CD had begun to follow"),
        seen=_("replicas: {count} in all that it has followed").format(count=_REPLICAS),
        hint=_("A push is all: no apply. Change the number by a commit, push, and watch; then change it back."),
        next_step=f"sed -i 's/replicas: .*/replicas: 2/' {REPOSITORY}/{_REPLICAS_FILE}",
    )


def _expect_changed_by_hand(lab: CheckContext) -> None:
    """Make sure that somebody deployed what no commit says: its ReplicaSet stays, empty."""
    replicasets = lab.client.list("replicaset", "prj-02", "app=prj-02")
    if any(image_tag(replicaset["spec"]["template"]) == _BY_HAND for replicaset in replicasets):
        return
    raise CheckFailed(
        _("prj-02 changed by hand, to {tag}").format(tag=_BY_HAND),
        seen=_("no ReplicaSet of that release"),
        hint=_("Change something by hand first, to see what becomes of it."),
        next_step=_DRIFT,
    )


def _expect_bad_commit_served(lab: CheckContext, item: Object) -> None:
    tags = [following.value_at(lab, each.revision, following.TAG_FILE, "newTag") for each in following.deployed(item)]
    if _BAD in tags:
        return
    raise CheckFailed(
        _("a commit with {tag} that the cluster followed").format(tag=_BAD),
        seen=", ".join(dict.fromkeys(filter(None, tags))) or _("no commit"),
        hint=_("A bad release comes in as any other does: its tag in the overlay of production, a commit, a push."),
        next_step=f"sed -i 's/newTag: .*/newTag: {_BAD}/' {REPOSITORY}/{following.TAG_FILE}",
    )


def _expect_by_argocd(deployment: Object, subject: str, *, field: str, next_step: str) -> None:
    """Make sure that Argo CD alone owns a field: whoever else has applied the same value owns it, too."""
    managers = [
        entry["manager"]
        for entry in deployment["metadata"].get("managedFields", [])
        if entry.get("subresource") != "status" and f'"{field}"' in _text(entry)
    ]
    if managers == [following.CONTROLLER]:
        return
    failure = Unsettled if following.CONTROLLER not in managers else CheckFailed
    raise failure(
        _("{subject}: written by Argo CD alone").format(subject=subject),
        seen=", ".join(sorted(managers)) or _("nobody"),
        hint=_("Somebody else has set it to the same. Change it once more by hand, and Argo CD alone undoes it."),
        next_step=next_step,
    )


def _text(entry: Object) -> str:
    """The fields that a manager has written, as JSON."""
    return json.dumps(entry.get("fieldsV1", {}))
