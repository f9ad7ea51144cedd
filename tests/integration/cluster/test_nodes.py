"""A second node joins a cluster, shares its work, is drained, dies and is taken away, and nothing of it is left."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from lab_helpers import paths, shell, wait
from lab_helpers.cluster import record
from lab_helpers.cluster.embedded import cgroups
from lab_helpers.cluster.embedded.layout import EmbeddedLayout
from lab_helpers.kube.client import Client
from tests.commands import LAB, Run, Start, read_until
from tests.integration.cluster.remains import processes, remains

pytestmark = pytest.mark.cluster

MANIFESTS = Path(__file__).parent / "nodes.yaml"
PLACEMENT = paths.checkout_directory() / "infra/k8s/overlays/production/patches/placement-patch.yaml"

Kubectl = Callable[..., str]


def test_a_second_node_joins_works_dies_and_leaves(name: str, lab: Run, start: Start) -> None:
    assert lab("up", "--name", name).returncode == 0
    layout = EmbeddedLayout(name, paths.state_directory(name) / "cluster", _network(name))
    client, second = Client(layout.kubeconfig), layout.node(2).name

    def kubectl(*arguments: str, content: str | None = None) -> str:
        return shell.run(["kubectl", f"--kubeconfig={layout.kubeconfig}", *arguments], input=content, timeout=90).stdout

    alone = lab("node", "drain", layout.node(1).name, "--name", name)
    assert alone.returncode == 1
    assert f"next: lab node add --name {name}" in alone.stderr, "pods of the only node could go nowhere"

    addition = lab("node", "add", "--name", name)
    assert addition.returncode == 0, addition.stderr
    kubectl("apply", "-f", "-", content=_manifests(json.loads(layout.images.read_text())["lab.local/busybox"]))
    kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    kubectl("rollout", "status", "deployment/notes", "--timeout=60s")
    _reach_each_other(client, kubectl)
    _refuse_to_lose_a_claim(lab, name, second)
    _execute(start, name, layout)
    _drain(client, kubectl, lab, name, second)

    kubectl("exec", "deployment/notes", "--", "sh", "-c", "echo before > /notes/kept && sync")
    link = _link(name, layout)
    killed = lab("node", "kill", second, "--name", name)
    assert killed.returncode == 0, killed.stderr
    wait.until(
        lambda: f"{second} has ended" in lab("status", "--name", name).stdout, seconds=10, outcome="be named", every=0.2
    )
    entries = json.loads(lab("node", "list", "--json", "--name", name).stdout)
    assert [entry["description"] for entry in entries] == ["Ready", "has ended"]
    assert entries[1]["claims"] == ["default/notes"]
    wait.until(
        lambda: _places(client) == [layout.node(1).name] * 2, seconds=60, outcome="move", object="deployment/web"
    )

    _bring_back(lab, start, name, second)
    assert _link(name, layout) == link, "or who has spoken to it would not find it at once"
    kubectl("rollout", "status", "deployment/notes", "--timeout=60s")
    assert kubectl("exec", "deployment/notes", "--", "cat", "/notes/kept").strip() == "before", "with its disk"

    removal = lab("node", "remove", second, "--with-claims", "--name", name)
    assert removal.returncode == 0, removal.stderr
    assert [each["metadata"]["name"] for each in client.list("node")] == [layout.node(1).name]
    assert client.list("pv") == []
    assert not layout.node(2).directory.exists()
    assert cgroups.beginning(layout.cgroups) == [layout.node(1).cgroup]

    interrupted = start("node", "add", "--name", name)
    read_until(interrupted, "waiting for the node")
    interrupted.kill()
    interrupted.wait()
    wait.until(lambda: cgroups.beginning(layout.cgroups) == [layout.node(1).cgroup], seconds=10, outcome="be ended")

    assert lab("node", "add", "--name", name).returncode == 0
    keeper = next(pid for pid, command in processes(layout) if "keeper keep" in command)
    os.kill(keeper, signal.SIGKILL)
    wait.until(lambda: not processes(layout), seconds=10, outcome="lose its processes")
    assert lab("down", "--name", name).returncode == 0
    assert remains(name) == []


def _network(name: str) -> int:
    entry = record.load(name)
    assert entry is not None
    return int(str(entry.details["network"]))


def _manifests(image: str) -> str:
    """What is deployed, with the placement of production, whose pods leave a dead node sooner than there."""
    placement = yaml.safe_load(PLACEMENT.read_text())["spec"]["template"]["spec"]
    tolerations = [{**toleration, "tolerationSeconds": 2} for toleration in placement["tolerations"]]
    manifests = list(yaml.safe_load_all(MANIFESTS.read_text().replace("IMAGE", image)))
    manifests[0]["spec"]["template"]["spec"] |= placement | {"tolerations": tolerations}
    return yaml.safe_dump_all(manifests)


def _reach_each_other(client: Client, kubectl: Kubectl) -> None:
    """Pods of different nodes reach each other, under their own addresses, and cluster DNS and Services."""
    pod, other = client.list("pod", "default", "app=web")
    assert pod["spec"]["nodeName"] != other["spec"]["nodeName"], "spread"
    for client_pod, server in ((pod, other), (other, pod)):
        name, address = server["metadata"]["name"], server["status"]["podIP"]
        fetch = ["exec", client_pod["metadata"]["name"], "--", "wget", "-qO-"]
        assert kubectl(*fetch, f"http://{address}/").strip() == name
        assert client_pod["status"]["podIP"] in kubectl("logs", name), "nobody stands between"
        often = "for i in $(seq 20); do wget -qO- http://web.default.svc.cluster.local/; done"
        assert set(kubectl(*fetch[:3], "sh", "-c", often).split()) == {
            pod["metadata"]["name"],
            other["metadata"]["name"],
        }


def _refuse_to_lose_a_claim(lab: Run, name: str, node: str) -> None:
    refused = lab("node", "remove", node, "--name", name)
    assert refused.returncode == 1
    assert "default/notes" in refused.stderr
    assert f"next: lab node remove {node} --with-claims --name {name}" in refused.stderr


def _execute(start: Start, name: str, layout: EmbeddedLayout) -> None:
    """Commands run on their node as root, with the streams and the exit code of `lab`, and hang up with it."""
    first, second = layout.node(1), layout.node(2)
    script = "read -r word; echo $word from $(hostname) as $(id -u); kubectl get node -o name; ls /run/etcd; exit 7"
    ran = _on(first.name, name, "sh", "-c", script, content="hello\n")
    assert ran.returncode == 7
    assert ran.stdout.splitlines()[:2] == [f"hello from {first.name} as 0", f"node/{first.name}"]
    assert "client" in ran.stdout.split(), "etcd's socket"
    agent = _on(second.name, name, "sh", "-c", "hostname; kubectl get node")
    assert (agent.returncode, agent.stdout) == (1, f"{second.name}\n"), "it has no administrator's kubeconfig"
    absent = _on(first.name, name, "no-such-program")
    assert (absent.returncode, "no-such-program" in absent.stderr) == (127, True)

    trap = "trap 'echo hung up > /data/trapped; exit' HUP; echo > /data/begun; while :; do sleep 0.1; done"
    interrupted = start("node", "exec", first.name, "--name", name, "--", "sh", "-c", trap)
    wait.until((first.data / "begun").exists, seconds=20, outcome="begin", object="the command")
    interrupted.kill()
    wait.until((first.data / "trapped").exists, seconds=10, outcome="hang up", object="the command")


def _on(node: str, name: str, *argv: str, content: str | None = None) -> shell.Completed:
    command: list[str | Path] = [LAB, "node", "exec", node, "--name", name, "--", *argv]
    return shell.run(command, input=content, timeout=60, check=False)


def _drain(client: Client, kubectl: Kubectl, lab: Run, name: str, node: str) -> None:
    blocked = lab("node", "drain", node, "--seconds", "1", "--name", name)
    assert blocked.returncode == 1
    assert "kept by PodDisruptionBudget web: 2 healthy, 2 have to stay so" in blocked.stderr
    assert "next: kubectl -n default describe pdb web" in blocked.stderr
    kubectl("patch", "pdb", "web", "--type=merge", "-p", '{"spec": {"maxUnavailable": 1}}')
    drained = lab("node", "drain", node, "--name", name)
    assert drained.returncode == 0, drained.stderr
    assert node not in _places(client)
    kubectl("uncordon", node)
    kubectl("rollout", "restart", "deployment/web")
    kubectl("rollout", "status", "deployment/web", "--timeout=60s")
    kubectl("rollout", "status", "deployment/notes", "--timeout=60s")
    assert node in _places(client), "it takes pods again"


def _places(client: Client) -> list[str]:
    """Where the pods are that answer for the Service."""
    slices = client.list("endpointslice", "default", "kubernetes.io/service-name=web")
    endpoints = [endpoint for each in slices for endpoint in each.get("endpoints") or []]
    return sorted(endpoint["nodeName"] for endpoint in endpoints if endpoint["conditions"]["ready"])


def _link(name: str, layout: EmbeddedLayout) -> tuple[str, ...]:
    """The hardware addresses of the second node and, as it sees it, of the bridge."""
    node = layout.node(2).name
    ask = f"exec 3<>/dev/tcp/{layout.bridge_address}/443; ip -json neigh show {layout.bridge_address}"
    bridge = json.loads(_on(node, name, "bash", "-c", ask).stdout)
    return _on(node, name, "cat", "/sys/class/net/eth0/address").stdout, bridge[0]["lladdr"]


def _bring_back(lab: Run, start: Start, name: str, node: str) -> None:
    interrupted = start("node", "add", node, "--name", name)
    read_until(interrupted, "waiting for the node")
    interrupted.kill()
    interrupted.wait()
    wait.until(
        lambda: f"{node} has ended" in lab("status", "--name", name).stdout, seconds=10, outcome="end", every=0.2
    )
    addition = lab("node", "add", node, "--name", name)
    assert addition.returncode == 0, addition.stderr
