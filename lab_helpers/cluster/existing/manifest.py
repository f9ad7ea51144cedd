"""What an administrator applies so that a learner may work: labelled namespaces, an account, the least rights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import yaml

from lab_helpers import checkout
from lab_helpers.cluster.existing.namespaces import LABEL, LABEL_VALUE
from lab_helpers.cluster.existing.rights import rights_in
from lab_helpers.cluster.territory import Territory
from lab_helpers.errors import LabError
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = ["ACCOUNT", "admin_manifest"]

ACCOUNT = "lab-learner"
"""The name of the account, its Role and its RoleBindings."""

_HEAD = """\
# Namespaces for the Kubernetes architecture lab, and an account that may work in them and nowhere else.
# All that is put into these namespaces from now on may be deleted by the lab: label none that holds anything else.
# Pull secrets lie in them too, and whoever has the account reads them: they should hold credentials that only pull.
# Apply it as an administrator; then make the learner a token: kubectl -n {home} create token {account}
"""


def admin_manifest(territory: Territory, namespaces: Sequence[str] = ()) -> str:
    """The manifest, as YAML that ``kubectl apply -f -`` takes.

    Args:
        territory: What the workbook does on the cluster.
        namespaces: Which; empty for all that the workbook works in.

    Raises:
        LabError: The workbook does not work in one of them.
    """
    known, home = territory.namespaces, territory.home
    for namespace in namespaces:
        if namespace not in known:
            reason = _("the workbook does not work in it, but in {known}").format(known=", ".join(known))
            object_name = _("namespace {namespace}").format(namespace=repr(namespace))
            raise LabError(reason, object=object_name, next_step="lab admin-manifest")
    objects = [item for namespace in namespaces or known for item in _objects(namespace, territory)]
    head = _HEAD.format(home=home, account=ACCOUNT)
    return head + "---\n".join(yaml.safe_dump(item, sort_keys=False) for item in objects)


def _objects(namespace: str, territory: Territory) -> Iterator[Object]:
    rbac = "rbac.authorization.k8s.io"
    about = {"name": ACCOUNT, "namespace": namespace}
    yield _namespace(namespace)
    if namespace == territory.home:
        yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": about}
    yield {
        "apiVersion": f"{rbac}/v1",
        "kind": "Role",
        "metadata": dict(about),
        "rules": [right.rule() for right in rights_in(territory)],
    }
    yield {
        "apiVersion": f"{rbac}/v1",
        "kind": "RoleBinding",
        "metadata": dict(about),
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": ACCOUNT},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": territory.home}],
    }


def _namespace(name: str) -> Object:
    """The namespace as the Deploy repository has it, where it has it, and the lab's label."""
    file = checkout.infra_directory() / "k8s" / "base" / "namespaces" / f"{name}.yaml"
    manifest: Object = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {}
    labels = {**manifest.get("metadata", {}).get("labels", {}), LABEL: LABEL_VALUE}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
