"""What an Ingress says, and which of its mistakes nobody else would tell of."""

from __future__ import annotations

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import manifests, production

__all__ = ["COMPONENT", "HOSTS", "expect_routes", "ingress"]

HOSTS = {"prj-01.example.com": "prj-01", "prj-02.example.com": "prj-02"}
"""The project of each host, which is its namespace."""

_CLASS = "traefik"
"""The class of the controller behind the door."""

COMPONENT = "ingress"
_DIRECTORY = f"{production.REPOSITORY}/k8s/base/ingress"


def ingress(lab: CheckContext, project: str) -> Object:
    """The Ingress of a project.

    Raises:
        CheckFailed: There is none.
    """
    item = lab.client.get("ingress", project, project)
    if item is not None:
        return item
    components = manifests.read(lab.workspace, f"{production.OVERLAY}/kustomization.yaml").entries("components")
    is_listed = COMPONENT in {entry.text.rstrip("/") for entry in components}
    raise CheckFailed(
        _("ingress/{name} in namespace {name}").format(name=project),
        seen=_("none"),
        hint=_("The overlay lists its component; what is listed is there once it is applied.")
        if is_listed
        else _(
            "Production's kustomization.yaml does not list the component {name}; kustomize takes what is listed."
        ).format(name=COMPONENT),
        next_step=production.APPLY if is_listed else f"grep -A 9 components: {production.OVERLAY}/kustomization.yaml",
    )


def expect_routes(lab: CheckContext) -> None:
    """Make sure that every host has an Ingress, taken on by the controller, that leads to a port which is there.

    Raises:
        CheckFailed: One has not.
    """
    for host, project in HOSTS.items():
        item = ingress(lab, project)
        _expect_class(item)
        rules = {rule.get("host", ""): rule for rule in item["spec"].get("rules", [])}
        if host not in rules:
            raise CheckFailed(
                _("a rule for {host} in {ingress}").format(host=host, ingress=_named(item)),
                seen=", ".join(rules) or _("none"),
                hint=_("Hosts are compared to the letter; of one that nobody asks for nothing is said."),
                next_step=f"kubectl -n {project} describe ingress {project}",
            )
        for path in rules[host].get("http", {}).get("paths", []):  # a rule may have none
            if "service" in path["backend"]:  # or a resource, which Traefik does not serve: its answer says so
                _expect_backend(lab, item, path["backend"]["service"])


def _expect_class(item: Object) -> None:
    actual = item["spec"].get("ingressClassName")
    if actual == _CLASS:
        return
    namespace = item["metadata"]["namespace"]
    raise CheckFailed(
        _("ingressClassName: {name} in {ingress}").format(name=_CLASS, ingress=_named(item)),
        seen=str(actual or _("none")),
        hint=_(
            "A controller takes on the Ingresses of its own class. Nobody has this one: no event, no error, no ADDRESS "
            "in `kubectl get ingress`, and the host gets 404, as an unknown one does."
        ),
        next_step=f"kubectl -n {namespace} get ingress; kubectl get ingressclass",
    )


def _expect_backend(lab: CheckContext, item: Object, backend: Object) -> None:
    namespace, name = item["metadata"]["namespace"], backend["name"]
    service = lab.client.get("service", name, namespace)
    if service is None:
        elsewhere = [
            each["metadata"]["namespace"] for each in lab.client.list("service") if each["metadata"]["name"] == name
        ]
        hint = _("The controller's log says `service not found`, and whoever asks gets 404.")
        if elsewhere:
            hint = _(
                "It is in namespace {elsewhere}. A backend is looked for beside its Ingress only: each project has an "
                "Ingress of its own, in its own namespace. The controller's log says `service not found`; whoever asks "
                "gets 404."
            ).format(elsewhere=elsewhere[0])
        raise CheckFailed(
            _("service/{name} in namespace {namespace}, which {ingress} names").format(
                name=name, namespace=namespace, ingress=_named(item)
            ),
            seen=_("none"),
            hint=hint,
            next_step=f"kubectl -n {namespace} get service; cat {_DIRECTORY}/{namespace}.yaml",
        )
    _expect_port(item, backend, service)


def _expect_port(item: Object, backend: Object, service: Object) -> None:
    port = backend.get("port", {})
    ports = {str(each[key]) for each in service["spec"]["ports"] for key in ("name", "port") if key in each}
    backend_port = str(port.get("name", port.get("number", "")))
    if backend_port in ports:
        return
    namespace = item["metadata"]["namespace"]
    raise CheckFailed(
        _("a port that service/{name} has").format(name=service["metadata"]["name"]),
        seen=_("{port}; it has {ports}").format(port=backend_port, ports=", ".join(sorted(ports))),
        hint=_(
            "An Ingress names a port of the Service, not that of the pods behind it. The apply was content, for the "
            "two are never compared; only the controller's log says `service port not found`."
        ),
        next_step=f"kubectl -n {namespace} describe ingress {item['metadata']['name']}",
    )


def _named(item: Object) -> str:
    return f"ingress/{item['metadata']['name']}"
