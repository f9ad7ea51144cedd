"""Empty a node as ``kubectl drain`` does, say which budget keeps a pod, and take a node from a cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lab_helpers import programs, proxies, shell, wait
from lab_helpers.cluster.base import Cluster
from lab_helpers.cluster.nodes import Nodes
from lab_helpers.cluster.occupancy import Claim, claims_on, holdups, lone_pods, movable_pods, reclaimed_volumes
from lab_helpers.errors import CommandFailed, LabError
from lab_helpers.kube.client import Client
from lab_helpers.kube.conditions import is_ready
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = ["DRAIN_SECONDS", "drain", "remove"]

DRAIN_SECONDS = 60
"""How long a drain waits for budgets and for pods that end slowly."""

_GONE_SECONDS = 30.0


def drain(cluster: Cluster, node: str, report: Callable[[str], None], *, seconds: int = DRAIN_SECONDS) -> None:
    """Let a node take no new pods, and evict those that others can run, as far as their budgets allow.

    Args:
        cluster: The cluster.
        node: The node.
        report: Told what happens.
        seconds: How long it may take.

    Raises:
        LabError: The node has ended, another could not take the pods, or a pod would not be made again; nothing was
            changed. Or not all pods went in time, and the node stays cordoned.
    """
    client = Client(cluster.kubeconfig)
    _expect_running(cluster, node)
    _expect_another(client, cluster, node)
    _expect_owned(movable_pods(client, node), node)
    for claim in claims_on(client, node):
        report(_("claim {claim} stays on {node}: whoever uses it waits for it").format(claim=claim, node=node))
    _evict(cluster, client, node, report, seconds)


def remove(
    cluster: Cluster,
    nodes: Nodes,
    node: str,
    report: Callable[[str], None],
    *,
    with_claims: bool,
    seconds: int = DRAIN_SECONDS,
) -> None:
    """Drain a node that runs, then take it from the cluster with all that it keeps.

    Args:
        cluster: The cluster.
        nodes: Its nodes.
        node: The node.
        report: Told what happens.
        with_claims: Whether claims on it, and what their volumes hold, are to go with it.
        seconds: How long the drain may take.

    Raises:
        LabError: It has a control plane, claims lie on it, or it could not be drained.
    """
    client = Client(cluster.kubeconfig)
    if node in nodes.servers:
        step = f"lab down --name {cluster.name}"
        raise LabError(_("has the control plane, and goes with the cluster only"), object=node, next_step=step)
    running = nodes.running()
    if running.get(node):
        _wait_reclaimed(client, node)
    claims = claims_on(client, node)
    if claims and not with_claims:
        _refuse_claims(claims, node, cluster)
    if running.get(node):
        drain(cluster, node, report, seconds=seconds)
    else:
        report(_("{node} has ended: its pods cannot be evicted, and are forgotten").format(node=node))
        _forget_pods(client, node)
    _delete_claims(client, claims, report)
    report(_("removing node {node}").format(node=node))
    if node in running:  # else the API server alone knows of it
        nodes.remove(node)
    client.delete("node", node, wait_seconds=_GONE_SECONDS)


def _expect_running(cluster: Cluster, node: str) -> None:
    if cluster.nodes is not None and not cluster.nodes.running().get(node):
        reason = _("has ended: nobody is there to end its pods in order")
        raise LabError(reason, object=node, next_step=f"lab node remove {node} --name {cluster.name}")


def _expect_another(client: Client, cluster: Cluster, node: str) -> None:
    others = [each for each in client.list("node") if each["metadata"]["name"] != node]
    if not any(is_ready(each) and not each["spec"].get("unschedulable") for each in others):
        reason = _("no other node takes pods, so nothing that is evicted could run")
        raise LabError(reason, object=node, next_step=f"lab node add --name {cluster.name}")


def _expect_owned(pods: list[Object], node: str) -> None:
    lone = [(pod["metadata"]["namespace"], pod["metadata"]["name"]) for pod in lone_pods(pods)]
    if lone:
        names = ", ".join(f"{namespace}/{name}" for namespace, name in lone)
        raise LabError(
            _("runs pods without a controller, which nobody would make again: {pods}").format(pods=names),
            object=node,
            next_step=f"kubectl -n {lone[0][0]} delete pod {lone[0][1]}",
        )


def _evict(cluster: Cluster, client: Client, node: str, report: Callable[[str], None], seconds: int) -> None:
    kubectl = programs.resolve(lambda _line: None, "kubectl")["kubectl"]
    options = [f"--kubeconfig={cluster.kubeconfig}", f"--timeout={seconds}s"]
    argv = [str(kubectl), "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", *options]
    blocked: set[str] = set()

    def tell(line: str) -> None:
        if "will retry" in line:
            for text in _explain(client, node):
                if text not in blocked:
                    blocked.add(text)
                    report(text)
        elif line.endswith((" cordoned", " evicted", " drained")):
            report(line)

    environment = {"KUBERC": "off", "KUBECACHEDIR": str(cluster.directory / "kubectl"), **proxies.bypass()}
    try:
        shell.stream(argv, tell, env=environment)
    except CommandFailed as error:
        _fail(client, cluster, node, seconds, error)


def _explain(client: Client, node: str) -> list[str]:
    template = _(
        "pod {namespace}/{pod} is kept by PodDisruptionBudget {budget}: {healthy} healthy, {desired} have to stay so"
    )
    return [template.format(**vars(holdup)) for holdup in holdups(client, movable_pods(client, node))]


def _fail(client: Client, cluster: Cluster, node: str, seconds: int, error: CommandFailed) -> None:
    pods = movable_pods(client, node)
    if not pods:
        raise error
    blocking = list(holdups(client, pods))
    names = ", ".join(f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in pods)
    still = _(
        "is not empty after {seconds} s, and takes no new pods until `kubectl uncordon {node}`; still there: {pods}"
    )
    raise LabError(
        still.format(seconds=seconds, node=node, pods=names),
        object=node,
        last_event="; ".join(_explain(client, node)) or error.last_event,
        next_step=f"kubectl -n {blocking[0].namespace} describe pdb {blocking[0].budget}"
        if blocking
        else f"lab node drain {node} --name {cluster.name}",
    ) from error


def _wait_reclaimed(client: Client, node: str) -> None:
    """Wait until volumes have gone whose claims were deleted a moment ago: it is done on the node, by a pod."""
    wait.until(
        lambda: not reclaimed_volumes(client, node),
        seconds=_GONE_SECONDS,
        outcome="go away",
        object=_("volumes on {node} without claims").format(node=node),
        last_event=lambda: ", ".join(reclaimed_volumes(client, node)),
        next_step="kubectl get pv",
        every=0.2,
    )


def _refuse_claims(claims: Sequence[Claim], node: str, cluster: Cluster) -> None:
    reason = _("alone has the data of these claims: {claims}; save it first, or let it go with the node")
    raise LabError(
        reason.format(claims=", ".join(map(str, claims))),
        object=node,
        next_step=f"lab node remove {node} --with-claims --name {cluster.name}",
    )


def _forget_pods(client: Client, node: str) -> None:
    for pod in client.list("pod"):
        if pod["spec"].get("nodeName") == node:
            client.delete("pod", pod["metadata"]["name"], pod["metadata"]["namespace"], grace_seconds=0)


def _delete_claims(client: Client, claims: Sequence[Claim], report: Callable[[str], None]) -> None:
    """Delete claims and their volumes' objects; whoever uses them waits until somebody applies the claims again."""
    for claim in claims:
        report(_("deleting claim {claim}: apply it again where it is wanted").format(claim=claim))
        client.delete("pvc", claim.name, claim.namespace, wait_seconds=_GONE_SECONDS)
        client.delete("pv", claim.volume, wait_seconds=_GONE_SECONDS)
