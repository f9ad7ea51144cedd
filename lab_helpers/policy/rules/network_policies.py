"""A NetworkPolicy says what was meant: whom it selects, whom it lets in, on which port, and how names are resolved."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.finding import Severity
from lab_helpers.policy.manifests.deployment import Deployment
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.judging import KINDS, each, is_vendored, once, violation
from lab_helpers.policy.manifests.nodes import Items, Map, Number, dig, mappings, text
from lab_helpers.policy.manifests.objects import Manifest
from lab_helpers.policy.manifests.selecting import Selector
from lab_helpers.policy.manifests.selection import is_known, is_near, selected
from lab_helpers.policy.registry import Violation, rule


def _policies(stock: Inventory) -> Iterator[tuple[Deployment, Manifest, Map]]:
    for deployment, manifest in each(stock.deployments, in_development=True):
        spec = manifest.content.get("spec")
        is_judged = manifest.kind == "NetworkPolicy" and deployment.is_listed and not is_vendored(manifest)
        if is_judged and manifest.group == "networking.k8s.io" and isinstance(spec, Map):
            yield deployment, manifest, spec


@rule(
    "policy-selector",
    section="4.4",
    kinds=KINDS,
    title=gettext_noop("A NetworkPolicy selects pods, and names peers that are there"),
    why=gettext_noop(
        "It is accepted and does nothing, or lets nobody in: the pods it was written for are called otherwise."
    ),
    fix=gettext_noop("Compare its selectors with the labels of the pod templates, letter by letter."),
)
@once
def selectors(stock: Inventory) -> Iterator[Violation]:
    """NetworkPolicies that select no pod of the repository, or whose peers none is."""
    for deployment, policy, spec in _policies(stock):
        peers = [peer.get("podSelector") for peer in _peers(spec) if "namespaceSelector" not in peer]
        for content in (spec.get("podSelector"), *peers):
            is_peer = content is not spec.get("podSelector")
            if not isinstance(content, Map):
                continue
            selector = Selector(content)
            if selector.is_empty or selector.is_template or selected(stock, policy, selector):
                continue
            if is_known(deployment, policy, selector, is_peer=is_peer):
                message = _("selects no pods: none has {selector}").format(selector=selector)
                yield violation(policy, message, content.origin)


def _peers(spec: Map) -> list[Map]:
    rules = [
        (rule_, key) for field, key in (("ingress", "from"), ("egress", "to")) for rule_ in mappings(spec.get(field))
    ]
    return [peer for rule_, key in rules for peer in mappings(rule_.get(key))]


@rule(
    "policy-or",
    section="4.4",
    kinds=KINDS,
    severity=Severity.WARNING,
    title=gettext_noop("A peer of pods and namespaces is one item of the list"),
    why=gettext_noop("Two dashes mean OR: every pod of every namespace is let in, and nothing says so."),
    fix=gettext_noop("Take the dash away from the second selector: then both must hold."),
)
@once
def alternatives(stock: Inventory) -> Iterator[Violation]:
    """Lists of peers in which all namespaces stand beside certain pods."""
    for _deployment, policy, spec in _policies(stock):
        for field, key in (("ingress", "from"), ("egress", "to")):
            for rule_ in mappings(spec.get(field)):
                peers = mappings(rule_.get(key))
                wide = [peer for peer in peers if set(peer) == {"namespaceSelector"} and _is_empty(peer)]
                narrow = [peer for peer in peers if set(peer) == {"podSelector"} and not _is_all_pods(peer)]
                if wide and narrow:
                    message = _("{key}: lets in every namespace, beside certain pods").format(key=key)
                    yield violation(policy, message, wide[0].origin)


def _is_empty(peer: Map) -> bool:
    content = peer.get("namespaceSelector")
    return not content or (isinstance(content, Map) and Selector(content).is_empty)


def _is_all_pods(peer: Map) -> bool:
    content = peer.get("podSelector")
    return not isinstance(content, Map) or Selector(content).is_empty


@rule(
    "policy-dns",
    section="4.4",
    kinds=KINDS,
    severity=Severity.WARNING,
    title=gettext_noop("Whoever may only go to named places may ask for their names"),
    why=gettext_noop(
        "`bad address`, not a refusal: the name is never resolved, and the rule that allows the rest is no use."
    ),
    fix=gettext_noop("Allow port 53, UDP and TCP, to kube-system, for the same pods."),
)
@once
def names(stock: Inventory) -> Iterator[Violation]:
    """Policies that let pods go to other pods and not to DNS, where no other policy does."""
    policies = list(_policies(stock))
    for deployment, policy, spec in policies:
        if not _restricts(spec) or not _leads_to_names(spec) or _allows_dns(spec) or deployment.gaps:
            continue
        others = [other for _d, each_, other in policies if is_near(policy, each_) and _allows_dns(other)]
        if not any(_covers(other, spec) for other in others):
            yield violation(policy, _("restricts egress and does not allow DNS"), spec.at("egress"))


def _restricts(spec: Map) -> bool:
    types = spec.get("policyTypes")
    return "Egress" in types if isinstance(types, Items) else "egress" in spec


def _leads_to_names(spec: Map) -> bool:
    """Whether pods may go somewhere that they know by name: to other pods, and not just to addresses."""
    return any(
        "podSelector" in peer or "namespaceSelector" in peer
        for rule_ in mappings(spec.get("egress"))
        for peer in mappings(rule_.get("to"))
    )


def _allows_dns(spec: Map) -> bool:
    return any(_is_dns(rule_) for rule_ in mappings(spec.get("egress")))


def _is_dns(rule_: Map) -> bool:
    ports = mappings(rule_.get("ports"))
    if ports:
        return any(
            text(port.get("port")) in ("53", "dns", "dns-tcp", "5353") or "port" not in port or _spans(port)
            for port in ports
        )
    peers = mappings(rule_.get("to"))
    return not peers or any("namespaceSelector" in peer or _is_everywhere(peer) for peer in peers)


def _spans(port: Map) -> bool:
    start, end = text(port.get("port")), text(port.get("endPort"))
    return start.isdigit() and end.isdigit() and int(start) <= 53 <= int(end)


def _is_everywhere(peer: Map) -> bool:
    return text(dig(peer, "ipBlock", "cidr")).endswith("/0")


def _covers(other: Map, spec: Map) -> bool:
    """Whether a policy is for all the pods of another."""
    selector, content = other.get("podSelector"), spec.get("podSelector")
    if not isinstance(selector, Map) or Selector(selector).is_empty:
        return True
    labels = Selector(content).labels if isinstance(content, Map) else {}
    return not Selector(selector).expressions and Selector(selector).labels.items() <= labels.items()


@rule(
    "policy-port",
    section="4.4",
    kinds=KINDS,
    title=gettext_noop("A NetworkPolicy names the pod's port, not the Service's"),
    why=gettext_noop("It is judged after the Service's port became the pod's: blocked, although the port is open."),
    fix=gettext_noop("Write the containerPort, or its name."),
)
@once
def ports(stock: Inventory) -> Iterator[Violation]:
    """Ingress rules for the port of a Service that the pods do not have."""
    for deployment, policy, spec in _policies(stock):
        content = spec.get("podSelector")
        pods = selected(stock, policy, Selector(content)) if isinstance(content, Map) and content else []
        declared = {
            text(port.get(key))
            for each_ in pods
            for container in each_.serving_containers
            for port in mappings(container.get("ports"))
            for key in ("name", "containerPort")
        }
        redirected = _redirected(deployment, [each_.labels for each_ in pods])
        for rule_ in mappings(spec.get("ingress")):
            for port in mappings(rule_.get("ports")):
                number = port.get("port")
                if isinstance(number, Number) and declared and number not in declared and number in redirected:
                    message = _("{port} is the Service's port; the pods listen on {target}").format(
                        port=number, target=redirected[number]
                    )
                    yield violation(policy, message, port.at("port"))


def _redirected(deployment: Deployment, labels: list[dict[str, str]]) -> dict[str, str]:
    """The ports of Services of some pods that lead to another port of theirs."""
    redirected = {}
    for service in deployment.of_kind("Service"):
        content = dig(service.content, "spec", "selector")
        if isinstance(content, Map) and content and any(map(Selector(content, is_plain=True).matches, labels)):
            for port in mappings(dig(service.content, "spec", "ports")):
                target = text(port.get("targetPort"))
                if target and target != port.get("port"):
                    redirected[text(port.get("port"))] = target
    return redirected
