"""Three servers: what each runs, how clients reach them, and what is refused with a reason."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml
from cryptography import x509

from lab_helpers.cluster import death, roster
from lab_helpers.cluster.base import Capability, Cluster
from lab_helpers.cluster.embedded import credentials, plan
from lab_helpers.cluster.embedded.cluster import EmbeddedCluster
from lab_helpers.cluster.embedded.layout import EmbeddedLayout
from lab_helpers.cluster.embedded.provider import EmbeddedProvider
from lab_helpers.cluster.embedded.spec import ClusterSpec, NodeSpec
from lab_helpers.cluster.k3d.provider import K3dProvider
from lab_helpers.cluster.nodes import Nodes
from lab_helpers.errors import LabError, WaitTimeout
from lab_helpers.workbook.session.checkpoints import checkpoints_of
from tests.unit.cluster.planning import ARTIFACTS, use_no_machine

ONE = EmbeddedLayout("a", Path("/state/a/cluster"), 7)
THREE = replace(ONE, servers=3)


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_no_machine(tmp_path, monkeypatch)


def argv(spec: NodeSpec, program: str) -> list[str]:
    return next(service.argv for service in spec.services if Path(service.argv[0]).name == program)


def server(number: int) -> NodeSpec:
    (spec,) = plan.server_spec(THREE, THREE.node(number), ARTIFACTS).nodes
    return spec


def test_one_server_is_its_cluster_s_end_and_hears_no_peer_from_outside() -> None:
    spec = plan.cluster_spec(ONE, ARTIFACTS)
    assert ([node.name for node in spec.nodes], spec.servers) == (["a-1"], [])
    assert [service.name for service in spec.services] == ["registry"], "nothing to balance"
    assert "--listen-peer-urls=https://127.0.0.1:2380" in argv(spec.nodes[0], "etcd")
    assert "--leader-elect=false" in argv(spec.nodes[0], "kube-scheduler")


def test_three_servers_are_the_members_of_one_etcd_and_elect_their_leaders() -> None:
    spec = plan.cluster_spec(THREE, ARTIFACTS)
    assert (spec.nodes, spec.servers) == ([], ["a-1", "a-2", "a-3"])
    for number in (1, 2, 3):
        address = THREE.node(number).address
        etcd = argv(server(number), "etcd")
        assert f"--listen-peer-urls=https://{address}:2380" in etcd
        members = ",".join(f"a-{each}=https://{THREE.node(each).address}:2380" for each in (1, 2, 3))
        assert f"--initial-cluster={members}" in etcd
        assert f"--bind-address={address}" in argv(server(number), "kube-apiserver")
        assert "--leader-elect=true" in argv(server(number), "kube-controller-manager")
        assert "--leader-elect=true" in argv(server(number), "kube-scheduler")


def test_no_two_servers_write_one_log() -> None:
    names = [service.name for number in (1, 2, 3) for service in server(number).services]
    assert len(names) == len(set(names))
    assert "kube-apiserver" in names, "where whoever waits for the first one looks"


def test_every_client_has_an_address_that_no_server_takes_along(tmp_path: Path) -> None:
    layout = EmbeddedLayout("a", tmp_path, 7, servers=3)
    layout.config.mkdir()
    layout.node(4).registries.mkdir(parents=True)
    issued = credentials.issue(layout)
    credentials.issue_node(issued, layout.node(4))
    files = [*layout.config.glob("*.kubeconfig"), *layout.node(4).directory.glob("etc/*.kubeconfig")]
    servers = {yaml.safe_load(file.read_text())["clusters"][0]["cluster"]["server"] for file in files}
    assert servers == {f"https://{layout.bridge_address}:6443"}
    spec = plan.cluster_spec(layout, ARTIFACTS)
    assert spec.api.target == (layout.bridge_address, 6443)
    balancer = next(service for service in spec.services if service.name == "balancer")
    assert all(f'"{layout.node(number).address}", 6443' in balancer.argv[-1] for number in (1, 2, 3))


@pytest.mark.parametrize("name", ["apiserver", "etcd-peer"])
def test_certificates_hold_for_each_server(name: str, tmp_path: Path) -> None:
    layout = EmbeddedLayout("a", tmp_path, 7, servers=3)
    layout.config.mkdir()
    credentials.issue(layout)
    certificate = x509.load_pem_x509_certificate((layout.pki / f"{name}.crt").read_bytes())
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = alternatives.get_values_for_type(x509.IPAddress)
    assert {ipaddress.ip_address(node.address) for node in layout.server_nodes} <= set(addresses)


def test_a_server_s_file_survives_the_way_to_the_keeper(tmp_path: Path) -> None:
    spec = plan.server_spec(THREE, THREE.node(2), ARTIFACTS)
    spec.write(tmp_path / "spec.json")
    assert ClusterSpec.read(tmp_path / "spec.json") == spec


@pytest.mark.parametrize("count", [0, 2, 4, 5])
def test_numbers_without_a_use_are_refused(count: int) -> None:
    with pytest.raises(LabError, match="one server, or three: etcd goes on while most of its members do") as refused:
        EmbeddedProvider().with_servers(count)
    assert refused.value.next_step == "lab up --servers 3"


def test_a_provider_of_one_server_names_one_of_several() -> None:
    provider = K3dProvider()
    assert provider.with_servers(1) is provider
    with pytest.raises(LabError, match="provider k3d: makes clusters with one server") as refused:
        provider.with_servers(3)
    assert refused.value.next_step == "lab up --provider embedded --servers 3"


def test_what_several_servers_cannot_do_is_no_capability_of_theirs(tmp_path: Path) -> None:
    single, triple = (EmbeddedCluster(EmbeddedLayout("a", tmp_path, 7, servers)) for servers in (1, 3))
    assert single.capabilities - triple.capabilities == {Capability.CHECKPOINTS, Capability.SERVER}
    with pytest.raises(LabError, match="several servers keep no state to go back to") as refused:
        checkpoints_of(triple)
    assert "lab reset 3 --name a" in str(refused.value.next_step)


class _Nodes:
    servers = ("a-1", "a-2", "a-3")

    def __init__(self, **healthy: bool) -> None:
        self._members = {f"a-{name[1:]}": is_healthy for name, is_healthy in healthy.items()}
        self.killed: list[str] = []

    def running(self) -> Mapping[str, bool]:
        return self._members | {"a-4": True}

    def members(self) -> Mapping[str, bool]:
        return self._members

    def kill(self, name: str) -> None:
        self.killed.append(name)


def kill(nodes: _Nodes, node: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = SimpleNamespace(name="a", kubeconfig=Path("/nowhere"))
    monkeypatch.setattr(death, "Client", lambda _kubeconfig: None)
    monkeypatch.setattr(death, "claims_on", lambda _client, _node: [])
    death.kill(cast(Cluster, cluster), cast(Nodes, nodes), node, lambda _line: None)


def test_any_server_may_die_and_no_second_one(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = _Nodes(n1=True, n2=True, n3=True)
    kill(nodes, "a-1", monkeypatch)
    assert nodes.killed == ["a-1"]
    nodes = _Nodes(n1=False, n2=True, n3=True)
    with pytest.raises(LabError, match="a-3: is one of 3 servers, of which etcd needs 2; without it there would be 1"):
        kill(nodes, "a-3", monkeypatch)
    assert nodes.killed == []
    kill(nodes, "a-4", monkeypatch)
    assert nodes.killed == ["a-4"], "no server"


def test_the_list_has_roles_and_the_health_of_members(monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def list(self, _kind: str) -> list[Any]:
            return []

    monkeypatch.setattr(roster, "Client", lambda _kubeconfig, patience_seconds: Client())
    monkeypatch.setattr(roster, "claims_by_node", lambda _client: {})
    cluster = SimpleNamespace(kubeconfig=Path("/nowhere"), nodes=_Nodes(n1=True, n2=False, n3=True))
    entries = roster.roster(cast(Cluster, cluster)).nodes
    assert [(entry.name, entry.role, entry.etcd) for entry in entries] == [
        ("a-1", "server", "healthy"),
        ("a-2", "server", "not healthy"),
        ("a-3", "server", "healthy"),
        ("a-4", "agent", ""),
    ]


def test_without_a_majority_the_list_is_what_the_machine_knows_and_comes_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    patience: list[float] = []

    class Client:
        def __init__(self, _kubeconfig: Path, patience_seconds: float) -> None:
            patience.append(patience_seconds)

        def list(self, _kind: str) -> list[Any]:
            raise WaitTimeout("did not answer", object="lab a")

    monkeypatch.setattr(roster, "Client", Client)
    nodes = _Nodes(n1=True, n2=False, n3=False)
    cluster = SimpleNamespace(name="a", kubeconfig=Path("/nowhere"), nodes=nodes)
    listed = roster.roster(cast(Cluster, cluster))
    assert [(entry.name, entry.description, entry.pods) for entry in listed.nodes] == [
        ("a-1", "runs", None),
        ("a-2", "has ended", None),
        ("a-3", "has ended", None),
        ("a-4", "runs", None),
    ]
    assert listed.silence is not None
    assert listed.silence.next_step == "lab node add a-2 --name a"
    assert patience == [2.0]
