"""The parts of the cluster at hand, beside what k3s calls them: read from the cluster, never from a file."""

from __future__ import annotations

from lab_helpers import CheckContext, shell
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.display.tables import Table

__all__ = ["table"]


def table(lab: CheckContext) -> Table:
    """What each part does, where it is in k3s, and how it shows itself here."""
    node = lab.client.list("node")[0]
    node_info = node["status"]["nodeInfo"]
    pods = lab.client.list("pod")
    in_k3s = _("part of the one k3s process")
    services = len(lab.client.list("service"))
    rows = (
        (_("API server"), _("the one door: everybody asks it, nobody else"), in_k3s, lab.client.server_version()),
        (
            "etcd",
            _("remembers what was asked for and what is"),
            _("SQLite, or etcd with several servers"),
            _ready("etcd"),
        ),
        ("controller-manager", _("makes what is follow what was asked for"), in_k3s, _replicas(lab)),
        ("scheduler", _("chooses a node for each pod"), in_k3s, _("{count} pods placed").format(count=_placed(pods))),
        (
            "kubelet",
            _("runs the pods of its node"),
            in_k3s,
            _("{version} on {node}").format(version=node_info["kubeletVersion"], node=node["metadata"]["name"]),
        ),
        ("containerd", _("pulls images, runs containers"), _("bundled"), node_info["containerRuntimeVersion"]),
        (
            _("pod network"),
            _("an address for every pod"),
            _("Flannel, bundled"),
            _("pods in {range}").format(range=_range(node)),
        ),
        ("kube-proxy", _("a stable address for each Service"), in_k3s, _("{count} Services").format(count=services)),
        ("CoreDNS", _("a name for each Service"), _("bundled, a pod"), _image(pods, "coredns")),
        (
            "local-path",
            _("a directory of the node for each claim"),
            _("bundled, a pod"),
            _image(pods, "local-path-provisioner"),
        ),
        (_("Ingress controller"), _("hosts and paths from outside"), _("Traefik, bundled"), _ingress(lab)),
    )
    return Table((_("part"), _("what it does"), _("in k3s"), _("here")), rows)


def _ready(part: str) -> str:
    output = shell.run(["kubectl", "get", "--raw", "/readyz?verbose"]).stdout
    return next((line for line in output.splitlines() if part in line), _("not asked by this API server"))


def _replicas(lab: CheckContext) -> str:
    deployments = lab.client.list("deployment")
    desired = sum(deployment["spec"]["replicas"] for deployment in deployments)
    available = sum(deployment.get("status", {}).get("availableReplicas", 0) for deployment in deployments)
    return _("{there} of {wanted} replicas there").format(there=available, wanted=desired)


def _placed(pods: list[Object]) -> int:
    return sum("nodeName" in pod["spec"] for pod in pods)


def _range(node: Object) -> str:
    return str(node["spec"].get("podCIDR", _("a range of its own")))


def _image(pods: list[Object], name: str) -> str:
    matches = (container for pod in pods for container in pod["spec"]["containers"] if container["name"] == name)
    return str(next(matches, {"image": _("not here")})["image"].rpartition("/")[2])


def _ingress(lab: CheckContext) -> str:
    return ", ".join(item["metadata"]["name"] for item in lab.client.list("ingressclass")) or _("none yet: notebook 06")
