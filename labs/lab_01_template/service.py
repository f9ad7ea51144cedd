"""Whether a Service of the shop gives its pods a name, on the port that others ask for."""

from __future__ import annotations

from lab_helpers import CheckContext, CheckFailed, Unsettled
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from labs.lab_01_template.shop import NAMESPACE, pods

__all__ = ["expect_service"]


def expect_service(lab: CheckContext, name: str, port: int, published: int) -> Object:
    """Make sure that a Service gives a Deployment's pods a name, on the port that others in the cluster use.

    Args:
        lab: The lab.
        name: That of the Service and its Deployment.
        port: Where others in the cluster look for it.
        published: The other number of that line in the Compose file.

    Raises:
        CheckFailed: There is none, it has another port, or it finds no pod.
    """
    service = lab.client.get("service", name, NAMESPACE)
    if service is None:
        raise CheckFailed(
            _("a Service {name}").format(name=name),
            seen=_("none of that name"),
            hint=_("In Compose the name of a service is its address by itself. Here a Service has the name."),
            next_step=f"kubectl -n {NAMESPACE} get services",
        )
    numbers = [entry["port"] for entry in service["spec"].get("ports", [])]
    if port not in numbers:
        raise CheckFailed(
            _("port {port} of the Service {name}").format(port=port, name=name),
            seen=", ".join(map(str, numbers)) or _("no port"),
            hint=_published(name, port, published) if published in numbers else _("Which port do its users name?"),
            next_step=f"kubectl -n {NAMESPACE} get service {name} -o yaml",
        )
    _expect_endpoints(lab, service, name)
    return service


def _published(name: str, port: int, published: int) -> str:
    return _(
        "{published} is the port that Compose publishes on the server, for whoever comes from outside. Those in the "
        "same network ask {name} for {port}, in Compose as here: what listens decides."
    ).format(published=published, name=name, port=port)


def _expect_endpoints(lab: CheckContext, service: Object, name: str) -> None:
    slices = lab.client.list("endpointslice", NAMESPACE, f"kubernetes.io/service-name={name}")
    targets = {
        endpoint["targetRef"]["name"]
        for each in slices
        for endpoint in each.get("endpoints") or []
        if "targetRef" in endpoint
    }
    strangers = sorted(targets - {pod["metadata"]["name"] for pod in pods(lab, name)})
    if targets and not strangers:
        return
    if len(strangers) == len(targets) and strangers:
        raise CheckFailed(
            _("the pods of {name} behind the Service {name}").format(name=name),
            seen=", ".join(strangers),
            hint=_(
                "The Service sends to pods of another program: its selector names labels which those have. It takes no "
                "notice of its own name. The labels stand below `template:` in the Deployment {name}."
            ).format(name=name),
            next_step=f"kubectl -n {NAMESPACE} get service {name} -o yaml",
        )
    raise Unsettled(
        _("pods behind the Service {name}").format(name=name),
        seen=_("none: its selector is {selector}").format(
            selector=", ".join(f"{key}={value}" for key, value in service["spec"].get("selector", {}).items()) or "-"
        ),
        hint=_(
            "A Service finds its pods by their labels, not by a name: they stand below `template:` in the Deployment."
        ),
        next_step=f"kubectl -n {NAMESPACE} get pods --show-labels",
    )
