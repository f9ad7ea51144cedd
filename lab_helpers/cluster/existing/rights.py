"""What the learner has to be allowed in each namespace of the lab: asked of the cluster, and printed as a Role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product

from lab_helpers.cluster.territory import Territory
from lab_helpers.kube.client import Client
from lab_helpers.language import gettext as _

__all__ = ["RIGHTS", "Right", "missing", "rights_in"]

_AT_ONCE = 8  # requests; a cluster far away takes its time for each
_LOOK = ("get", "list", "watch")
_WORK = (*_LOOK, "create", "update", "patch", "delete")


@dataclass(frozen=True)
class Right:
    """What may be done to some kinds of objects, as a rule of a Role has it.

    Attributes:
        group: The kinds' API group; empty for the core.
        resources: The kinds.
        verbs: What may be done to them.
    """

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]

    def rule(self) -> dict[str, list[str]]:
        """As a Role's manifest has it."""
        return {"apiGroups": [self.group], "resources": list(self.resources), "verbs": list(self.verbs)}


# The least that every notebook needs; a notebook declares what it needs besides.
RIGHTS = (
    Right("", ("pods", "services", "configmaps", "secrets", "persistentvolumeclaims", "serviceaccounts"), _WORK),
    Right("apps", ("deployments", "statefulsets"), _WORK),
    Right("batch", ("cronjobs", "jobs"), _WORK),
    Right("networking.k8s.io", ("networkpolicies",), _WORK),
    Right("policy", ("poddisruptionbudgets",), _WORK),
    Right("apps", ("deployments/scale",), ("get", "update", "patch")),
    Right("apps", ("replicasets",), _LOOK),
    Right("", ("pods/log",), ("get",)),
    Right("", ("pods/exec",), ("get", "create")),  # over a websocket it is a get
    Right("", ("events",), _LOOK),
    Right("discovery.k8s.io", ("endpointslices",), _LOOK),  # who is behind a Service
    Right("", ("namespaces",), ("get",)),  # in a Role: of the very namespace
)


def rights_in(territory: Territory) -> tuple[Right, ...]:
    """All that the learner has to be allowed in each namespace."""
    return (*RIGHTS, *(_right(resource, verbs) for resource, verbs in territory.rights.items()))


def _right(resource: str, verbs: Sequence[str]) -> Right:
    """The right to do something with a resource as kubectl writes it: ``deployments.apps/scale``."""
    kind, _slash, part = resource.partition("/")
    plural, _dot, group = kind.partition(".")
    return Right(group, (f"{plural}/{part}" if part else plural,), tuple(verbs))


def missing(client: Client, territory: Territory) -> list[str]:
    """What this user may not do there, one line each, as in ``create deployments.apps in shop``."""
    accesses = [
        (namespace, *access) for namespace, access in product(territory.namespaces, _each(rights_in(territory)))
    ]

    def is_allowed(access: tuple[str, str, str, str]) -> bool:
        namespace, verb, resource, group = access
        return client.is_allowed(verb, resource, namespace, group)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = list(pool.map(is_allowed, accesses))
    return [_name(access) for access, granted in zip(accesses, answers, strict=True) if not granted]


def _each(rights: Sequence[Right]) -> Iterator[tuple[str, str, str]]:
    for right in rights:
        for resource, verb in product(right.resources, right.verbs):
            yield verb, resource, right.group


def _name(access: tuple[str, str, str, str]) -> str:
    namespace, verb, resource, group = access
    resource += f".{group}" if group else ""
    return _("{verb} {resource} in {namespace}").format(verb=verb, resource=resource, namespace=namespace)
