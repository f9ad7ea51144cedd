"""What a node that joins later is to run and may see, and what lies on a node that is to go."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import cast

import pytest

from lab_helpers.certificates import CertificateAuthority
from lab_helpers.cluster.embedded import cgroups, plan
from lab_helpers.cluster.embedded.artifacts import EmbeddedArtifacts
from lab_helpers.cluster.embedded.layout import EmbeddedLayout
from lab_helpers.cluster.embedded.spec import NodeSpec
from lab_helpers.cluster.occupancy import (
    Claim,
    Holdup,
    claims_on,
    holdups,
    lone_pods,
    movable_pods,
    reclaimed_volumes,
)
from lab_helpers.errors import LabError
from lab_helpers.kube.client import Client
from lab_helpers.kube.transport import Object
from tests.unit.cluster.planning import ARTIFACTS, use_no_machine

LAYOUT = EmbeddedLayout("a", Path("/state/a/cluster"), 7)


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_no_machine(tmp_path, monkeypatch)


def worker(number: int = 2) -> NodeSpec:
    (spec,) = plan.worker_spec(LAYOUT, LAYOUT.node(number), ARTIFACTS).nodes
    return spec


def test_a_node_that_joins_runs_what_pods_need_and_no_control_plane() -> None:
    spec = worker()
    assert [Path(service.argv[0]).name for service in spec.services] == ["containerd", "kubelet", "kube-proxy"]
    assert not any(service.after_api for service in spec.services), "the API server is ready: nobody will say so again"
    assert "--hostname-override=a-2" in spec.services[1].argv
    assert spec.pod_range == "10.244.2.0/24"
    assert spec.image_store == "/cache/store"


def test_it_sees_neither_the_authoritys_key_nor_etcds_data() -> None:
    first, second = plan.cluster_spec(LAYOUT, ARTIFACTS).nodes[0], worker()
    assert str(LAYOUT.pki) in first.needs
    assert [path for path in second.needs if path.startswith(str(LAYOUT.pki))] == [f"{LAYOUT.pki}/ca.crt"]
    assert str(LAYOUT.config) not in second.needs
    assert not any("node-1" in path or "etcd" in path for path in (*second.needs, *second.mounts.values()))


def test_no_two_nodes_share_a_log() -> None:
    names = [service.name for number in (2, 3) for service in worker(number).services]
    assert len(set(names)) == len(names)
    assert not set(names) & {service.name for service in plan.cluster_spec(LAYOUT, ARTIFACTS).nodes[0].services}


def test_what_nodes_are_made_of_is_the_same_for_those_that_join_later(tmp_path: Path) -> None:
    ARTIFACTS.write(tmp_path / "artifacts.json")
    assert EmbeddedArtifacts.read(tmp_path / "artifacts.json") == ARTIFACTS


def test_an_authority_read_again_issues_what_its_certificate_vouches_for(tmp_path: Path) -> None:
    CertificateAuthority("a").pair.write(tmp_path, "ca")
    CertificateAuthority.read(tmp_path, "ca").issue("system:node:a-2", addresses=["10.83.7.11"]).write(tmp_path, "node")
    verification = ["openssl", "verify", "-CAfile", f"{tmp_path}/ca.crt", f"{tmp_path}/node.crt"]
    assert subprocess.run(verification, capture_output=True, check=False).returncode == 0


def test_an_authority_whose_key_is_gone_is_said_to_be(tmp_path: Path) -> None:
    CertificateAuthority("a").pair.write(tmp_path, "ca")
    (tmp_path / "ca.key").write_text("nonsense")
    with pytest.raises(LabError, match="cannot be read") as refused:
        CertificateAuthority.read(tmp_path, "ca")
    assert refused.value.object == str(tmp_path / "ca.key")


@pytest.mark.parametrize("name", ["a", "a-", "a-0", "a-02", "a-17", "b-2", "a-2/../../x", "a-²"])
def test_only_names_that_a_node_may_have_lead_to_files(name: str) -> None:
    assert LAYOUT.node_named(name) is None


def test_a_node_is_known_by_its_name() -> None:
    assert LAYOUT.node_named("a-2") == LAYOUT.node(2)


def test_cgroups_of_all_nodes_are_known_by_how_they_begin(tmp_path: Path) -> None:
    for hierarchy, number in (("memory", 1), ("memory", 3), ("cpu", 3)):
        directory = tmp_path / hierarchy
        directory.joinpath(LAYOUT.node(number).cgroup.lstrip("/")).mkdir(parents=True)
        directory.joinpath("another-lab").mkdir(exist_ok=True)
        directory.joinpath("cgroup.procs").touch()
    assert cgroups.beginning(LAYOUT.cgroups, tmp_path) == [LAYOUT.node(1).cgroup, LAYOUT.node(3).cgroup]


class Stored:
    """Objects as a client lists them."""

    def __init__(self, **objects: list[Object]) -> None:
        self._objects = objects

    def list(self, kind: str, namespace: str | None = None, selector: str = "") -> list[Object]:
        labels = dict(term.split("=") for term in selector.split(",") if term)
        return [
            each
            for each in self._objects.get(kind, [])
            if namespace in (None, each["metadata"].get("namespace"))
            and labels.items() <= each["metadata"].get("labels", {}).items()
        ]

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        return next((each for each in self.list(kind, namespace) if each["metadata"]["name"] == name), None)


def volume(name: str, node: str, *, is_claimed: bool = True, policy: str = "Delete") -> Object:
    terms = [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}]
    claim = {"claimRef": {"namespace": "shop", "name": f"{name}-pvc"}} if is_claimed else {}
    affinity = {"nodeAffinity": {"required": {"nodeSelectorTerms": terms}}}
    return {"metadata": {"name": name}, "spec": {"persistentVolumeReclaimPolicy": policy, **affinity, **claim}}


def pod(name: str, node: str, owner: str | None = "ReplicaSet", phase: str = "Running", **labels: str) -> Object:
    owners = [{"kind": owner}] if owner else []
    metadata = {"name": name, "namespace": "shop", "labels": labels, "ownerReferences": owners}
    return {"metadata": metadata, "spec": {"nodeName": node}, "status": {"phase": phase}}


def test_a_drain_moves_neither_a_daemonsets_pods_nor_finished_ones() -> None:
    pods = [pod("web", "a-2"), pod("agent", "a-2", "DaemonSet"), pod("job", "a-2", "Job", "Succeeded"), pod("x", "a-1")]
    movable = movable_pods(cast("Client", Stored(pod=pods)), "a-2")
    assert [each["metadata"]["name"] for each in movable] == ["web"]


def test_a_pod_without_a_controller_is_named() -> None:
    assert lone_pods([pod("web", "a-2"), lone := pod("debug", "a-2", None)]) == [lone]


def test_the_budget_that_keeps_a_pod_is_named_and_no_other() -> None:
    def budget(name: str, allowed: int, app: str) -> Object:
        status = {"disruptionsAllowed": allowed, "currentHealthy": 2, "desiredHealthy": 2 - allowed}
        selector = {"matchLabels": {"app": app}}
        return {"metadata": {"name": name, "namespace": "shop"}, "spec": {"selector": selector}, "status": status}

    pods = [pod("web", "a-2", app="web"), pod("api", "a-2", app="api"), pod("other", "a-1", app="web")]
    budgets = [budget("web", 0, "web"), budget("api", 1, "api")]
    client = cast("Client", Stored(pod=pods, poddisruptionbudget=budgets))
    assert list(holdups(client, pods[:2])) == [Holdup("shop", "web", "web", 2, 2)]


def test_a_claim_is_on_the_node_that_its_volume_is_bound_to() -> None:
    volumes = [volume("data", "a-2"), volume("data", "a-1"), volume("free", "a-2", is_claimed=False)]
    remote: Object = {"metadata": {"name": "nfs"}, "spec": {"claimRef": {"namespace": "shop", "name": "shared"}}}
    client = cast("Client", Stored(pv=[*volumes, remote]))
    assert claims_on(client, "a-2") == [Claim("shop", "data-pvc", "data")]


def test_a_volume_whose_claim_was_deleted_is_being_removed_unless_it_is_to_be_retained() -> None:
    volumes = [volume("used", "a-2"), volume("gone", "a-2"), volume("gone", "a-1"), volume("free", "a-2")]
    volumes += [volume("kept", "a-2", policy="Retain"), volume("new", "a-2", is_claimed=False)]
    claims: list[Object] = [{"metadata": {"name": f"{name}-pvc", "namespace": "shop"}} for name in ("used", "free")]
    client = cast("Client", Stored(pv=volumes, pvc=claims))
    assert reclaimed_volumes(client, "a-2") == ["gone"]
