"""What NetworkPolicies say of a path: which end is open, to whom, and by which port."""

from __future__ import annotations

from typing import Any

import pytest

from labs.lab_06_expand import policing
from labs.lab_06_expand.policing import Endpoint

_API = Endpoint("api", {"name": "api", "environment": "production"}, {"app": "api"}, "10.1.0.7", {"http": 8080})
_CALLER = Endpoint("caller", {"name": "caller", "environment": "production"}, {"app": "caller"}, "10.1.0.9")
_SPACE = {"namespaceSelector": {"matchLabels": {"name": "caller"}}}
_POD = {"podSelector": {"matchLabels": {"app": "caller"}}}
_DENIED: dict[str, Any] = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def _policy(namespace: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "written", "namespace": namespace}, "spec": {"podSelector": {}, **spec}}


def _lets_in(peers: list[dict[str, Any]], ports: list[dict[str, Any]] | None = None, port: int = 8080) -> bool:
    rule = {"from": peers, **({"ports": ports} if ports else {})}
    policies = [_policy("api", **_DENIED), _policy("api", ingress=[rule])]
    return policing.is_open(policies, "ingress", _API, _CALLER, port)


def test_without_a_policy_all_is_open_and_with_one_that_says_nothing_all_is_shut() -> None:
    assert policing.is_open([], "egress", _CALLER, _API, 8080)
    assert not policing.is_open([_policy("caller", **_DENIED)], "egress", _CALLER, _API, 8080)
    assert policing.is_open([_policy("caller", **_DENIED)], "egress", _API, _CALLER, 8080), (
        "it is about another namespace"
    )
    only_in = _policy("caller", ingress=[])
    assert policing.is_open([only_in], "egress", _CALLER, _API, 8080), "it says nothing of the way out"
    assert not policing.is_open([only_in], "ingress", _CALLER, _API, 8080)


@pytest.mark.parametrize(
    ("peers", "is_open"),
    [
        ([{**_SPACE, **_POD}], True),
        ([_SPACE], True),
        ([_POD], False),  # pods of that label in the policy's own namespace
        ([_POD, _SPACE], True),  # alternatives
        ([{**_SPACE, "podSelector": {"matchLabels": {"app": "nobody"}}}], False),
        ([{"namespaceSelector": {}, **_POD}], True),
        (
            [{"namespaceSelector": {"matchExpressions": [{"key": "name", "operator": "In", "values": ["caller"]}]}}],
            True,
        ),
        (
            [{"namespaceSelector": {"matchExpressions": [{"key": "name", "operator": "NotIn", "values": ["api"]}]}}],
            True,
        ),
        ([{"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "Exists"}]}}], False),
        ([{"namespaceSelector": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}}], True),
        ([{"ipBlock": {"cidr": "10.1.0.0/16"}}], True),
        ([{"ipBlock": {"cidr": "10.1.0.0/16", "except": ["10.1.0.8/30"]}}], False),
        ([{"ipBlock": {"cidr": "10.2.0.0/16"}}], False),
        ([], True),
    ],
)
def test_peers_in_one_entry_must_all_fit_and_entries_are_alternatives(
    peers: list[dict[str, Any]], is_open: bool
) -> None:
    assert _lets_in(peers) is is_open


@pytest.mark.parametrize(
    ("ports", "is_open"),
    [
        ([{"port": 8080}], True),
        ([{"port": 80}], False),
        ([{"port": "http"}], True),
        ([{"port": "metrics"}], False),
        ([{"port": 8000, "endPort": 8100}], True),
        ([{"port": 8080, "protocol": "UDP"}], False),
        ([{"protocol": "TCP"}], True),
        ([{"port": 80}, {"port": 8080}], True),
    ],
)
def test_a_port_is_the_pods(ports: list[dict[str, Any]], is_open: bool) -> None:
    assert _lets_in([_SPACE], ports) is is_open


def test_what_nearly_fits_says_where_it_does_not() -> None:
    rule = {"to": [_POD], "ports": [{"port": 80}]}
    policy = _policy("caller", podSelector={"matchLabels": {"app": "caller"}}, policyTypes=["Egress"], egress=[rule])
    (fit,) = policing.fits([policy], "egress", _CALLER, _API, 8080)
    assert (fit.selects, fit.has_peer, fit.has_port, fit.ports) == (True, False, False, ("80",))
    assert not fit.is_whole


def test_addresses_of_both_directions_are_found() -> None:
    blocks = [{"ipBlock": {"cidr": "10.0.0.0/8"}}]
    policy = _policy("api", ingress=[{"from": blocks}, {"from": [_SPACE]}], egress=[{"to": blocks}, {}])
    assert policing.addresses(policy) == ["10.0.0.0/8", "10.0.0.0/8"]
    assert policing.addresses(_policy("api", **_DENIED)) == []
