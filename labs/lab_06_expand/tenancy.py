"""What proves step 6.4: each project has its bounds, and its team every right in it and none outside."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers import CheckContext, CheckFailed, Evidence, LabError, Unsettled, check
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.learner import production
from labs.lab_06_expand import deployed

__all__ = ["bounded_and_separate", "rights"]

_NAMESPACES = ("prj-01", "prj-02", "prj-03", "prj-04")
_KINDS = ("ResourceQuota", "LimitRange", "Role", "RoleBinding")
_DRILLED = "prj-02"
_TOO_MUCH = "768Mi"  # above the `max` of the range, and not above what the quota has left
_TEAM = "prj-02-team"
# What the team must be able to do where it is at home, and what nobody but the cluster's owner may.
_OWN = (
    ("create", "deployments", "apps"),
    ("delete", "pods", ""),
    ("create", "pods/exec", ""),
    ("get", "secrets", ""),
    ("update", "horizontalpodautoscalers", "autoscaling"),
)
_BOUNDS = (
    ("patch", "resourcequotas", ""),
    ("delete", "limitranges", ""),
    ("create", "rolebindings", "rbac.authorization.k8s.io"),
)
_CLUSTER = (("list", "nodes", ""), ("create", "namespaces", ""), ("list", "secrets", ""))
_DESCRIBE = f"kubectl -n {_DRILLED} describe resourcequota,limitrange"


@check("6.4", seconds=60)
def bounded_and_separate(lab: CheckContext) -> Evidence:
    """Each project has its bounds, and its team may do everything in it and nothing outside."""
    for kind in ("ResourceQuota", "Role", "RoleBinding"):
        deployed.expect_some(lab, kind, _NAMESPACES, component="tenancy")
    _expect_rights(lab)
    _expect_drilled(lab)
    _expect_room(lab)
    filled_in = _expect_filled_in(lab)
    _expect_refused(lab)
    for kind in _KINDS:
        deployed.expect_as_committed(lab, kind, namespaces=_NAMESPACES)
    pods = production.rolled_out(lab, _DRILLED)
    return Evidence(
        team=_TEAM,
        rights=rights(lab),
        says_nothing=filled_in,
        quota=_("{used} of {hard} pods in {namespace}").format(
            used=_quota(lab)["status"]["used"]["pods"], hard=_quota(lab)["spec"]["hard"]["pods"], namespace=_DRILLED
        ),
        pods_Ready=len(pods),
        Git=deployed.last_commit(lab),
    )


def rights(lab: CheckContext) -> Table:
    """What the team of prj-02 may do in each namespace, and in the cluster."""
    places = (*_NAMESPACES, "")
    rows = [
        [f"{verb} {resource}", *(_word(lab, verb, resource, group, place) for place in places)]
        for verb, resource, group in (*_OWN, *_BOUNDS, *_CLUSTER[:2])
    ]
    return Table([_("may it"), *_NAMESPACES, _("in the cluster")], rows)


def _word(lab: CheckContext, verb: str, resource: str, group: str, namespace: str) -> str:
    return _("yes") if lab.client.is_allowed(verb, resource, namespace, group, team=_TEAM) else _("no")


def _expect_rights(lab: CheckContext) -> None:
    for verb, resource, group, namespace, is_right in _rights():
        if lab.client.is_allowed(verb, resource, namespace, group, team=_TEAM) is is_right:
            continue
        place = _("in {namespace}").format(namespace=namespace) if namespace else _("in the whole cluster")
        raise CheckFailed(
            _("that {team} may {verb} {resource} {place}: {answer}").format(
                team=_TEAM, verb=verb, resource=resource, place=place, answer=_("yes") if is_right else _("no")
            ),
            seen=_("no") if is_right else _("yes"),
            hint=_too_little() if is_right else _too_much(namespace),
            next_step=f"kubectl auth can-i {verb} {_argument(resource)}{f' -n {namespace}' if namespace else ' -A'} "
            f"--as=somebody --as-group={_TEAM}",
        )


def _argument(resource: str) -> str:
    """A resource as `kubectl auth can-i` takes it: what stands after a slash is an object's name there."""
    name, _slash, subresource = resource.partition("/")
    return f"{name} --subresource={subresource}" if subresource else name


def _rights() -> Iterator[tuple[str, str, str, str, bool]]:
    """Verb, resource, API group and namespace, and whether the team is to have it."""
    yield from ((*right, _DRILLED, True) for right in _OWN)
    for namespace in _NAMESPACES:
        if namespace != _DRILLED:
            yield from ((*right, namespace, False) for right in _OWN)
    yield from ((*right, "", False) for right in _CLUSTER)
    yield from ((*right, _DRILLED, False) for right in _BOUNDS)


def _too_little() -> str:
    return _(
        "A Role says what may be done, and a RoleBinding who: its subject is the group, to the letter, as whoever "
        "signs people in names it. Nobody complains of a group that has no member."
    )


def _too_much(namespace: str) -> str:
    if namespace == _DRILLED:
        return _(
            "Whoever can move the bounds has none: a quota, a limit range and who may do what are read by the team, "
            "and changed by a commit."
        )
    return _(
        "A RoleBinding gives rights in its own namespace, whatever kind of role it names; a ClusterRoleBinding gives "
        "them in all. Rights only add up: look for every binding of that group."
    )


def _expect_drilled(lab: CheckContext) -> None:
    refused = [event for event in lab.client.events(_DRILLED) if "exceeded quota" in event.message]
    if not refused:
        raise CheckFailed(
            _("a rollout that the quota has refused a pod"),
            seen=_("none"),
            hint=_(
                "A quota that fits what runs has no room for what comes before the old goes: take that room away once, "
                "start a rollout, and see where it says so."
            ),
            next_step=_("Run the cell of this step that patches the quota."),
        )


def _expect_room(lab: CheckContext) -> None:
    """Make sure that the quota of the drill has room for one pod more, which every rollout takes."""
    status = _quota(lab)["status"]
    used, hard = status["used"]["pods"], status["hard"]["pods"]
    if int(used) >= int(hard):
        raise CheckFailed(
            _("room for one pod more in {namespace}").format(namespace=_DRILLED),
            seen=_("{used} of {hard} pods are taken").format(used=used, hard=hard),
            hint=_(
                "maxSurge: 1 wants the new pod before the old one goes. What Git says of the quota has room for it; "
                "the patch by hand took it."
            ),
            next_step=production.APPLY,
        )


def _expect_filled_in(lab: CheckContext) -> str:
    """Make sure that a container that says nothing gets what the range says; what it got."""
    try:
        pod = lab.client.apply(_pod({}), is_trial=True)
    except LabError as error:
        raise CheckFailed(
            _("a pod that says nothing of CPU and memory to get a default"),
            seen=error.reason,
            hint=_(
                "A quota counts what is requested, and so refuses what requests nothing. A LimitRange fills in what is "
                "missing, before the quota looks."
            ),
            next_step=_DESCRIBE,
        ) from error
    resources = pod["spec"]["containers"][0].get("resources", {})
    if "limits" not in resources or "requests" not in resources:
        raise Unsettled(
            _("a pod that says nothing of CPU and memory to get a default"),
            seen=_("nothing filled in"),
            hint=_("A LimitRange with `default` and `defaultRequest` does it, in each namespace for itself."),
            next_step=_DESCRIBE,
        )
    return _("gets {requests}, and at most {limits}").format(
        requests=_amounts(resources["requests"]), limits=_amounts(resources["limits"])
    )


def _expect_refused(lab: CheckContext) -> None:
    """Make sure that the range refuses a container that the quota has room for."""
    try:
        lab.client.apply(_pod({"requests": {"memory": "64Mi"}, "limits": {"memory": _TOO_MUCH}}), is_trial=True)
    except LabError:
        return
    raise CheckFailed(
        _("a container that may take {memory} to be refused").format(memory=_TOO_MUCH),
        seen=_("it would be taken"),
        hint=_("`max` of the LimitRange says how much one container may ask for."),
        next_step=_DESCRIBE,
    )


def _quota(lab: CheckContext) -> Object:
    quota = lab.client.get("resourcequota", _DRILLED, _DRILLED)
    if quota is None or "used" not in quota.get("status", {}):
        raise Unsettled(_("what the quota has counted"), seen=_("it has not counted yet"), hint="", next_step=_DESCRIBE)
    return quota


def _amounts(resources: Object) -> str:
    return ", ".join(f"{name} {resources[name]}" for name in sorted(resources))


def _pod(resources: Object) -> Object:
    """A pod that keeps to `restricted`, and is never stored."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "says-nothing", "namespace": _DRILLED},
        "spec": {
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "says-nothing",
                    "image": "ghcr.io/org/prj-02:v1.0.0",
                    "resources": resources,
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                }
            ],
        },
    }
