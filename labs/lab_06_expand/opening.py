"""Why a path is shut, or open to more than one: what the policies at its two ends say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from lab_helpers import CheckContext, CheckFailed, checkout
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import production
from labs.lab_06_expand import policing
from labs.lab_06_expand.connecting import NEW
from labs.lab_06_expand.policing import Direction, Endpoint, Fit

__all__ = ["expect_both_ends", "expect_nobody_else"]

_CALLER, _API = NEW[0], NEW[1].partition(".")[0]
_SERVICE_PORT, _POD_PORT = 80, 8080
_NAME_LABEL = "kubernetes.io/metadata.name"


def expect_both_ends(lab: CheckContext) -> None:
    """Make sure that the policies open the new path at both of its ends.

    Raises:
        CheckFailed: One end is shut; says which, and what nearly fits.
    """
    caller, api = _endpoint(lab, _CALLER), _endpoint(lab, _API)
    ends: tuple[tuple[Direction, Endpoint, Endpoint], ...] = (("egress", caller, api), ("ingress", api, caller))
    for direction, own, other in ends:
        policies = lab.client.list("networkpolicy", own.namespace)
        if not policing.is_open(policies, direction, own, other, _POD_PORT):
            raise _shut(policies, direction, own, other)


def expect_nobody_else(lab: CheckContext) -> None:
    """Make sure that the path is open to the pods it is meant for, by their labels, and to nobody else.

    Raises:
        CheckFailed: It is open to addresses, or to others.
    """
    caller, api = _endpoint(lab, _CALLER), _endpoint(lab, _API)
    at_caller, at_api = (lab.client.list("networkpolicy", namespace) for namespace in (_CALLER, _API))
    for policy in _own([*at_caller, *at_api]):
        if policing.addresses(policy):
            raise _by_address(policy, is_open=True)
    for stranger in _strangers(caller, api):
        if policing.is_open(at_api, "ingress", api, stranger, _POD_PORT):
            raise _too_wide(_("in to {name}").format(name=_API), stranger, _API)
    neighbour = _neighbour(caller)
    if policing.is_open(at_caller, "egress", neighbour, api, _POD_PORT):
        raise _too_wide(_("out of {name}").format(name=_CALLER), neighbour, _CALLER)
    elsewhere = replace(_stranger(caller, "prj-01", "feed"), ports=api.ports)
    for target, port in ((elsewhere, _POD_PORT), (api, _POD_PORT + 1)):
        if policing.is_open(at_caller, "egress", caller, target, port):
            raise _too_wide(_("out of {name}").format(name=_CALLER), target, _CALLER, port)


def _strangers(caller: Endpoint, api: Endpoint) -> Iterator[Endpoint]:
    """Who must not come in: the caller's neighbours, the other projects, and whoever only calls itself so."""
    yield _neighbour(caller)
    yield replace(api, labels={"app": _CALLER}, namespace="default", namespace_labels={_NAME_LABEL: "default"})
    for namespace, app in (("prj-01", "prj-01"), ("prj-01", "feed"), ("prj-03", "prj-03")):
        yield _stranger(caller, namespace, app)


def _neighbour(caller: Endpoint) -> Endpoint:
    """Another pod of the caller's namespace."""
    return replace(caller, labels={"app": "redis"}, address="")


def _stranger(like: Endpoint, namespace: str, app: str) -> Endpoint:
    labels = {**like.namespace_labels, _NAME_LABEL: namespace}
    return Endpoint(namespace, labels, {"app": app})


def _endpoint(lab: CheckContext, project: str) -> Endpoint:
    pods = production.rolled_out(lab, project)
    namespace = lab.client.get("namespace", project)
    ports = pods[0]["spec"]["containers"][0].get("ports", [])
    return Endpoint(
        project,
        namespace["metadata"].get("labels", {}) if namespace else {},
        pods[0]["metadata"].get("labels", {}),
        pods[0]["status"].get("podIP", ""),
        {port["name"]: port["containerPort"] for port in ports if "name" in port},
    )


def _own(policies: Sequence[Object]) -> list[Object]:
    """The policies that the learner wrote or changed: what the template has is no part of the answer."""
    directory = checkout.infra_directory() / "k8s/base/networkpolicies"
    known: Mapping[str, Any] = {
        file.stem: yaml.safe_load(file.read_text(encoding="utf-8"))["spec"] for file in directory.glob("*.yaml")
    }
    return [policy for policy in policies if known.get(policy["metadata"]["name"]) != policy["spec"]]


def _shut(policies: Sequence[Object], direction: Direction, own: Endpoint, other: Endpoint) -> CheckFailed:
    """Why one end of the path is shut, by the rule that comes nearest."""
    written = _own(policies)
    rules = list(policing.fits(written, direction, own, other, _POD_PORT))
    for policy in written:
        if policing.addresses(policy):
            return _by_address(policy, is_open=False)
    if not rules:
        return _closed(direction, own, other)
    return _nearly(max(rules, key=lambda fit: (fit.has_peer, fit.selects, fit.has_port)), direction, own, other)


def _closed(direction: Direction, own: Endpoint, other: Endpoint) -> CheckFailed:
    hint = {
        "egress": _("Nothing lets it out of {own}. A path has two ends, and each is opened in its own namespace."),
        "ingress": _("Nothing lets it in to {own}. A path has two ends, and each is opened in its own namespace."),
    }[direction].format(own=own.namespace)
    return _failure(hint, own, _("shut in {namespace}").format(namespace=own.namespace))


def _nearly(fit: Fit, direction: Direction, own: Endpoint, other: Endpoint) -> CheckFailed:
    if not fit.has_peer:
        hint = _(
            "Its `{peers}` matches no pod of {other}. Nothing complains of labels that nobody has: a namespace is "
            "found by {label}, a pod by what `kubectl -n {other} get pods --show-labels` shows, and both must fit."
        ).format(peers="to" if direction == "egress" else "from", other=other.namespace, label=_NAME_LABEL)
    elif not fit.selects:
        hint = _(
            "It is about other pods: its spec.podSelector matches none of {own}. Compare it with `kubectl -n {own} get "
            "pods --show-labels`."
        ).format(own=own.namespace)
    elif str(_SERVICE_PORT) in fit.ports:
        hint = _("{service} is the port of the Service. A policy is about pods, and they listen on {pod}.").format(
            service=_SERVICE_PORT, pod=_POD_PORT
        )
    else:
        hint = _("Its ports are {ports}; the pod listens on {pod}, TCP.").format(
            ports=", ".join(fit.ports), pod=_POD_PORT
        )
    return _failure(
        hint,
        own,
        _("shut in {namespace}, by {policy}, which nearly fits").format(
            namespace=own.namespace, policy=f"networkpolicy/{fit.policy}"
        ),
    )


def _by_address(policy: Object, *, is_open: bool) -> CheckFailed:
    name, namespace = policy["metadata"]["name"], policy["metadata"]["namespace"]
    hint = (
        _("It works until the pod is replaced: the next one has another address. `ipBlock` is for what lies outside.")
        if is_open
        else _(
            "A pod's address goes with the pod, and a Service's never arrives: it has become a pod's by then. "
            "`ipBlock` is for what lies outside of the cluster; pods are known by their labels."
        )
    )
    return CheckFailed(
        _("pods named by their labels"),
        seen=_("{policy} names {addresses}").format(
            policy=f"networkpolicy/{name}", addresses=", ".join(policing.addresses(policy))
        ),
        hint=hint,
        next_step=f"kubectl -n {namespace} describe networkpolicy {name}",
    )


def _too_wide(direction: str, other: Endpoint, namespace: str, port: int = _POD_PORT) -> CheckFailed:
    labels = ", ".join(f"{key}={value}" for key, value in other.labels.items())
    return CheckFailed(
        _("a path for the pods of {caller} to port {port} of {api}, and for nobody else").format(
            caller=_CALLER, port=_POD_PORT, api=_API
        ),
        seen=_("{direction}: open for {labels} in {namespace}, port {port}, too").format(
            direction=direction, labels=labels, namespace=other.namespace, port=port
        ),
        hint=_(
            "Entries of `from` and `to` are alternatives: with a dash each, a namespaceSelector and a podSelector let "
            "in all of that namespace, or any pod of that label. In one entry, the podSelector without a dash, both "
            "must fit. And `podSelector: {}` is everybody."
        ),
        next_step=f"kubectl -n {namespace} describe networkpolicies",
    )


def _failure(hint: str, own: Endpoint, state: str) -> CheckFailed:
    return CheckFailed(
        _("{source} → {target} to be open").format(source=NEW[0], target=NEW[1]),
        seen=state,
        hint=hint,
        next_step=f"kubectl -n {own.namespace} get networkpolicies",
    )
