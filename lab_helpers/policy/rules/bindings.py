"""A binding gives its rights to an account that is there."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.judging import KINDS, each, is_vendored, once, violation
from lab_helpers.policy.manifests.nodes import text
from lab_helpers.policy.manifests.references import references
from lab_helpers.policy.registry import Violation, rule


@rule(
    "binding-subject",
    section="3.3",
    kinds=KINDS,
    title=gettext_noop("A binding names the namespace of its account"),
    why=gettext_noop("The pod is `forbidden` at run time, although Role and binding look right."),
    fix=gettext_noop("Write the account's namespace at the subject; `namespace:` of a kustomization does not move it."),
)
@once
def subjects(stock: Inventory) -> Iterator[Violation]:
    """Subjects whose account is in another namespace of the same deployment."""
    for deployment, binding in each(stock.deployments, in_development=True):
        if binding.kind not in ("ClusterRoleBinding", "RoleBinding") or is_vendored(binding) or deployment.gaps:
            continue
        for reference in references(binding):
            if reference.use != "subject":
                continue
            namespace = text(reference.holder.get("namespace")) or binding.namespace
            homes = {
                other.namespace
                for other in deployment.manifests
                if other.kind == "ServiceAccount" and other.name == reference.name
            }
            everywhere = {
                other.namespace
                for other in stock.manifests
                if other.kind == "ServiceAccount" and other.name == reference.name
            }
            if homes and "" not in homes and namespace and namespace not in everywhere | {""}:
                message = _("account {name} is in {homes}, not in {namespace}").format(
                    name=reference.name, homes=", ".join(sorted(homes)), namespace=namespace
                )
                yield violation(binding, message, reference.origin)
