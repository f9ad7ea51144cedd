"""A claim is named for who uses it and what for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.finding import Severity
from lab_helpers.policy.manifests.deployment import Deployment
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.judging import KINDS, each, is_vendored, once, violation
from lab_helpers.policy.manifests.objects import Manifest
from lab_helpers.policy.registry import Violation, rule

_NAME = re.compile(r"(?P<app>[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)-pvc")


@rule(
    "claim-name",
    section="1.3",
    kinds=KINDS,
    severity=Severity.WARNING,
    title=gettext_noop("A claim is called {app}-{purpose}-pvc"),
    why=gettext_noop("In a backup or on a disk only the name says whose data it is, and a wrong guess deletes it."),
    fix=gettext_noop("Rename it before it holds data; later, make a new claim and copy."),
)
@once
def names(stock: Inventory) -> Iterator[Violation]:
    """Claims that are called differently; templates of a StatefulSet get a suffix of their own and are let be."""
    for deployment, manifest in each(stock.deployments):
        if (
            manifest.kind == "PersistentVolumeClaim"
            and not is_vendored(manifest)
            and not _is_named(deployment, manifest)
        ):
            yield violation(
                manifest,
                _("is not called {form}").format(form="{app}-{purpose}-pvc"),
                manifest.content.at("metadata", "name"),
            )


def _is_named(deployment: Deployment, claim: Manifest) -> bool:
    """Whether a claim has the form; what an application has but one of may leave the purpose out."""
    name = re.sub(r"\$\{[^}]*\}", "x", claim.name)
    match = _NAME.fullmatch(name)
    if match is None:
        return False
    return "-" in match["app"] or claim.namespace == "monitoring" or match["app"] in deployment.workload_names
