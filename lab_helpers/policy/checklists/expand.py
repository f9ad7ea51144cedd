"""The checklist of a cluster that several projects share: ticked by what leads to them, and what keeps them apart."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.policy.checklists.checklist import Box, Checklist, Point
from lab_helpers.policy.checklists.live import LiveCluster, Object, every

__all__ = ["EXPAND"]


def traffic(cluster: LiveCluster) -> Iterator[Point]:
    """Whether each Ingress was taken on, leads to ports that are there, and to pods that are Ready."""
    ingresses = cluster.within("ingresses")
    waiting = [item for item in ingresses if not item.get("status", {}).get("loadBalancer", {}).get("ingress")]
    yield every(_("a controller has taken on every Ingress"), ingresses, waiting, "ingresses")
    ports = {
        (item["metadata"]["namespace"], item["metadata"]["name"], key)
        for item in cluster.within("services")
        for port in item["spec"].get("ports", ())
        for key in (port.get("name"), port["port"])
    }
    lost = [item for item in ingresses if not _backends(item) <= ports]
    yield every(_("every Ingress leads to a port of a Service in its namespace"), ingresses, lost, "ingresses,services")


def encryption(cluster: LiveCluster) -> Iterator[Point]:
    """Whether each host has a certificate: the Secret that its Ingress names, in the Ingress's namespace."""
    ingresses = cluster.within("ingresses")
    bare = [item for item in ingresses if not _hosts(item) <= _encrypted(item)]
    yield every(_("every host of an Ingress is listed under its tls"), ingresses, bare, "ingresses -o yaml")
    secrets = {(item["metadata"]["namespace"], item["metadata"]["name"]) for item in cluster.within("secrets")}
    missing = [item for item in ingresses if not _certificates(item) <= secrets]
    yield every(_("the certificate of every Ingress lies in its namespace"), ingresses, missing, "secrets,ingresses")


def isolation(cluster: LiveCluster) -> Iterator[Point]:
    """Whether nothing reaches the pods of a namespace, and they reach nothing, but what a policy names."""
    policies = cluster.within("networkpolicies")
    closed = {item["metadata"]["namespace"] for item in policies if _denies(item)}
    workloads = cluster.within("deployments")
    open_to_all = [item for item in workloads if item["metadata"]["namespace"] not in closed]
    statement = _("in every namespace a policy denies what no other one names, in both directions")
    yield every(statement, workloads, open_to_all, "networkpolicies")


def _backends(ingress: Object) -> set[tuple[str, str, str | int]]:
    """The ports of Services to which an Ingress leads: namespace, name, and the port's name or number."""
    namespace, spec = ingress["metadata"]["namespace"], ingress["spec"]
    paths = [path for rule in spec.get("rules", ()) for path in rule.get("http", {}).get("paths", ())]
    backends = [path["backend"] for path in paths] + [spec[key] for key in ("defaultBackend",) if key in spec]
    services = [backend["service"] for backend in backends if "service" in backend]
    return {
        (namespace, service["name"], service["port"].get("name", service["port"].get("number", "")))
        for service in services
    }


def _hosts(ingress: Object) -> set[str]:
    return {rule.get("host", "") for rule in ingress["spec"].get("rules", ())}


def _encrypted(ingress: Object) -> set[str]:
    return {host for entry in ingress["spec"].get("tls", ()) for host in entry.get("hosts", ())}


def _certificates(ingress: Object) -> set[tuple[str, str]]:
    namespace = ingress["metadata"]["namespace"]
    return {(namespace, entry["secretName"]) for entry in ingress["spec"].get("tls", ()) if "secretName" in entry}


def _denies(policy: Object) -> bool:
    """Whether a policy selects every pod and names nothing, in both directions."""
    spec = policy["spec"]
    selector = spec.get("podSelector") or {}
    is_for_all = not (selector.get("matchLabels") or selector.get("matchExpressions"))
    names_nothing = not (spec.get("ingress") or spec.get("egress"))
    return is_for_all and names_nothing and {"Ingress", "Egress"} <= set(spec.get("policyTypes", ()))


EXPAND: Checklist[LiveCluster] = Checklist(
    name="expand",
    title=gettext_noop("Several projects on one cluster (3.4)"),
    boxes=(
        Box("traffic", gettext_noop("Traffic: who is reached by which host"), "3.4", traffic),
        Box("encryption", gettext_noop("TLS: a certificate for every host"), "3.4", encryption),
        Box("isolation", gettext_noop("Isolation: denied, but for what is named"), "4.4", isolation),
    ),
)
