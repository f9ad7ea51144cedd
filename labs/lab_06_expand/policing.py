"""What NetworkPolicies say of a path, end by end: whom a pod lets in, where it is let out, and what nearly fits."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lab_helpers.kube.transport import Object

__all__ = ["Direction", "Endpoint", "Fit", "addresses", "fits", "is_open"]

Direction = Literal["ingress", "egress"]

_PEERS: Mapping[Direction, str] = {"ingress": "from", "egress": "to"}
_TYPES: Mapping[Direction, str] = {"ingress": "Ingress", "egress": "Egress"}


@dataclass(frozen=True)
class Endpoint:
    """A pod as policies see it.

    Attributes:
        namespace: Its namespace.
        namespace_labels: The namespace's labels.
        labels: Its own.
        address: Its IP address; empty for one that does not run.
        ports: The numbers of its ports, by name.
    """

    namespace: str
    namespace_labels: Mapping[str, str]
    labels: Mapping[str, str]
    address: str = ""
    ports: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Fit:
    """How a rule of a policy fits one end of a path.

    Attributes:
        policy: The policy's name.
        selects: Whether the policy is about the pod at this end.
        has_peer: Whether the rule names the pod at the other end.
        has_port: Whether it names the port.
        ports: The ports that it names, as they are written.
    """

    policy: str
    selects: bool
    has_peer: bool
    has_port: bool
    ports: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether it opens this end of the path."""
        return self.selects and self.has_peer and self.has_port


def is_open(policies: Sequence[Object], direction: Direction, own: Endpoint, other: Endpoint, port: int) -> bool:
    """Whether policies open one end of a path.

    Args:
        policies: Those of the namespace at this end.
        direction: ``ingress`` at the end that is called, ``egress`` at the end that asks.
        own: The pod at this end.
        other: The pod at the other end.
        port: The port of the pod that is called.
    """
    about = [policy for policy in policies if _TYPES[direction] in _types(policy) and _is_about(policy, own)]
    return not about or any(fit.is_whole for fit in fits(about, direction, own, other, port))


def fits(policies: Sequence[Object], direction: Direction, own: Endpoint, other: Endpoint, port: int) -> Iterator[Fit]:
    """How each rule of some policies fits one end of a path; the arguments are those of ``is_open``."""
    target = own if direction == "ingress" else other
    for policy in policies:
        for rule in policy["spec"].get(direction) or []:
            peers = rule.get(_PEERS[direction]) or []
            ports = rule.get("ports") or []
            yield Fit(
                policy["metadata"]["name"],
                _is_about(policy, own),
                not peers or any(_is_peer(peer, other, own.namespace) for peer in peers),
                not ports or any(_is_port(entry, port, target) for entry in ports),
                tuple(str(entry.get("port", "")) for entry in ports),
            )


def addresses(policy: Object) -> list[str]:
    """The ranges of addresses that a policy names."""
    return [
        peer["ipBlock"]["cidr"]
        for direction, key in _PEERS.items()
        for rule in policy["spec"].get(direction) or []
        for peer in rule.get(key) or []
        if "ipBlock" in peer
    ]


def _types(policy: Object) -> Sequence[str]:
    spec = policy["spec"]
    return spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]


def _is_about(policy: Object, pod: Endpoint) -> bool:
    same = policy["metadata"]["namespace"] == pod.namespace
    return same and _selects(policy["spec"].get("podSelector") or {}, pod.labels)


def _is_peer(peer: Mapping[str, Any], pod: Endpoint, namespace: str) -> bool:
    """Whether a peer of a policy in a namespace is a pod; what is named beside one another must all fit."""
    if "ipBlock" in peer:
        return _is_within(peer["ipBlock"], pod.address)
    spaces, pods = peer.get("namespaceSelector"), peer.get("podSelector")
    is_space = pod.namespace == namespace if spaces is None else _selects(spaces, pod.namespace_labels)
    return is_space and (pods is None or _selects(pods, pod.labels))


def _is_within(block: Mapping[str, Any], address: str) -> bool:
    if not address:
        return False
    own = ipaddress.ip_address(address)
    return own in ipaddress.ip_network(block["cidr"]) and not any(
        own in ipaddress.ip_network(exception) for exception in block.get("except") or []
    )


def _is_port(entry: Mapping[str, Any], port: int, target: Endpoint) -> bool:
    if entry.get("protocol", "TCP") != "TCP":
        return False
    number = entry.get("port")
    if number is None:
        return True
    if isinstance(number, str):
        return (target.ports or {}).get(number) == port
    return int(number) <= port <= int(entry.get("endPort", number))


def _selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_satisfies(labels, each) for each in selector.get("matchExpressions") or [])


def _satisfies(labels: Mapping[str, str], expression: Mapping[str, Any]) -> bool:
    key, values = expression["key"], expression.get("values") or []
    match expression["operator"]:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
    return key not in labels
