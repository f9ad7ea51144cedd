"""The parts of the cluster at hand, beside what k3s calls them: read from the cluster, never from a file."""

from __future__ import annotations

from lab_helpers import Lab, shell
from lab_helpers.kube.transport import Object
from lab_helpers.workbook.tables import Table

__all__ = ["table"]

_IN_K3S = "part of the one k3s process"


def table(lab: Lab) -> Table:
    """What each part does, where it is in k3s, and how it shows itself here."""
    node = lab.client.list("node")[0]
    told = node["status"]["nodeInfo"]
    pods = lab.client.list("pod")
    rows = (
        ("API server", "the one door: everybody asks it, nobody else", _IN_K3S, lab.client.server_version()),
        ("etcd", "remembers what was asked for and what is", "SQLite, or etcd with several servers", _ready("etcd")),
        ("controller-manager", "makes what is follow what was asked for", _IN_K3S, _replicas(lab)),
        ("scheduler", "chooses a node for each pod", _IN_K3S, f"{_placed(pods)} pods placed"),
        ("kubelet", "runs the pods of its node", _IN_K3S, f"{told['kubeletVersion']} on {node['metadata']['name']}"),
        ("containerd", "pulls images, runs containers", "bundled", told["containerRuntimeVersion"]),
        ("pod network", "an address for every pod", "Flannel, bundled", f"pods in {_range(node)}"),
        ("kube-proxy", "a stable address for each Service", _IN_K3S, f"{len(lab.client.list('service'))} Services"),
        ("CoreDNS", "a name for each Service", "bundled, a pod", _image(pods, "coredns")),
        ("local-path", "a directory of the node a claim", "bundled, a pod", _image(pods, "local-path-provisioner")),
        ("Ingress controller", "hosts and paths from outside", "Traefik, bundled", _ingress(lab)),
    )
    return Table(("part", "what it does", "in k3s", "here"), rows)


def _ready(part: str) -> str:
    said = shell.run(["kubectl", "get", "--raw", "/readyz?verbose"]).stdout
    return next((line for line in said.splitlines() if part in line), "not asked by this API server")


def _replicas(lab: Lab) -> str:
    deployments = lab.client.list("deployment")
    wanted = sum(one["spec"]["replicas"] for one in deployments)
    there = sum(one.get("status", {}).get("availableReplicas", 0) for one in deployments)
    return f"{there} of {wanted} replicas there"


def _placed(pods: list[Object]) -> int:
    return sum("nodeName" in pod["spec"] for pod in pods)


def _range(node: Object) -> str:
    return str(node["spec"].get("podCIDR", "a range of its own"))


def _image(pods: list[Object], name: str) -> str:
    found = (one for pod in pods for one in pod["spec"]["containers"] if one["name"] == name)
    return str(next(found, {"image": "not here"})["image"].rpartition("/")[2])


def _ingress(lab: Lab) -> str:
    return ", ".join(one["metadata"]["name"] for one in lab.client.list("ingressclass")) or "none yet: notebook 06"
