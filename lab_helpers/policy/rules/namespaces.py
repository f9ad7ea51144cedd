"""Every object says which namespace it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop, ngettext
from lab_helpers.policy.finding import Severity
from lab_helpers.policy.manifests.deployment import Deployment
from lab_helpers.policy.manifests.environments import Environment
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.judging import KINDS, is_vendored, once, violation
from lab_helpers.policy.manifests.nodes import Origin
from lab_helpers.policy.manifests.objects import Manifest
from lab_helpers.policy.registry import Violation, rule

_CHOSEN_BY_HAND = re.compile(
    r"kubectl\b[^\n]*\b(?:apply|create|replace)\b[^\n]*(?:\s-n[ =]|--namespace)|set-context[^\n]*--namespace"
)
_CHOSEN_BEFORE = re.compile(
    r"kubectl\b[^\n]*(?:\s-n[ =]?\S+|--namespace[ =]\S+)[^\n]*\b(?:apply|create|replace)\b|kubens\s+\w"
)


@rule(
    "namespace-missing",
    section="1.3",
    kinds=KINDS,
    severity=Severity.WARNING,
    title=gettext_noop("Every object names its namespace"),
    why=gettext_noop(
        "It lands in whichever namespace is current: part of the objects in default, as if the pods were gone."
    ),
    fix=gettext_noop("Set `namespace:` in the kustomization, or metadata.namespace in the object."),
)
@once
def missing(stock: Inventory) -> Iterator[Violation]:
    """Objects without a namespace; where a whole tree has none, that is said once."""
    sources: set[Origin] = set()
    together: list[Violation] = []
    for deployment in stock.deployments:
        if deployment.environment is Environment.DEVELOPMENT or deployment.has_namespace or not deployment.is_listed:
            continue
        namespaced = [each for each in deployment.manifests if each.is_namespaced and not is_vendored(each)]
        homeless = [each for each in namespaced if not each.namespace]
        if 2 * len(homeless) < len(namespaced):
            yield from (violation(each, _("names no namespace")) for each in homeless)
        elif homeless and homeless[0].origin not in sources and not _is_chosen_by_hand(stock):
            sources.add(homeless[0].origin)
            together.append(_together(deployment, homeless))
    # Where none of many names one, that is how the repository is, and is said once.
    yield from together if len(together) <= _MANY else together[:1]


_MANY = 3


def _together(deployment: Deployment, homeless: list[Manifest]) -> Violation:
    message = ngettext("{count} object names no namespace", "{count} objects name no namespace", len(homeless)).format(
        count=len(homeless)
    )
    if deployment.kustomization is None:
        return violation(homeless[0], message)
    return Violation(*Origin(deployment.kustomization.file, 1), message, deployment.directory)


def _is_chosen_by_hand(stock: Inventory) -> bool:
    """Whether a script or a page of the repository says with which namespace its manifests are applied."""
    return any(
        _CHOSEN_BY_HAND.search(file.text) or _CHOSEN_BEFORE.search(file.text)
        for file in stock.files.values()
        if ("kube" in file.text and not file.name.endswith((".yaml", ".yml", ".json"))) or ".github/" in file.path
    )
