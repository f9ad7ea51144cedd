"""Names and addresses of a cluster follow from its name and its place, and none is too long or taken."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from lab_helpers import shell
from lab_helpers.cluster.embedded import cgroups, keeper, network
from lab_helpers.cluster.embedded.cluster import EmbeddedCluster
from lab_helpers.cluster.embedded.layout import EmbeddedLayout, network_number
from lab_helpers.cluster.embedded.spec import ClusterSpec, Forward, HostService, NodeService, NodeSpec
from lab_helpers.cluster.names import check_name
from lab_helpers.errors import LabError

DIRECTORY = Path("/state/a/cluster")


def routes(monkeypatch: pytest.MonkeyPatch, *destinations: str) -> None:
    answer = json.dumps([{"dst": destination} for destination in destinations])
    monkeypatch.setattr(shell, "run", lambda argv: shell.Completed(tuple(argv), 0, answer, ""))


def test_what_is_global_on_a_machine_differs_between_labs_and_between_accounts() -> None:
    places = [("a", "/home/x"), ("a", "/home/y"), ("b", "/home/x"), ("a-very-long-name-for-a-lab-0000", "/home/x")]
    labs = [EmbeddedLayout(name, Path(home, "labs", name, "cluster"), 1) for name, home in places]
    assert len({lab.link for lab in labs}) == len({lab.node(1).cgroup for lab in labs}) == 4
    assert all(len(lab.link) <= 15 for lab in labs)


def test_addresses_of_host_bridge_and_nodes_differ_and_lie_in_the_labs_network() -> None:
    layout = EmbeddedLayout("a", DIRECTORY, 7)
    addresses = [layout.host_address, layout.bridge_address, layout.node(1).address, layout.node(2).address]
    assert addresses == ["10.83.7.1", "10.83.7.2", "10.83.7.10", "10.83.7.11"]
    assert (layout.node(1).pod_range, layout.node(2).pod_range) == ("10.244.1.0/24", "10.244.2.0/24")
    assert layout.dns_address == "10.96.0.10"


def test_nodes_share_neither_directory_nor_cgroup() -> None:
    first, second = (EmbeddedLayout("a", DIRECTORY, 7).node(number) for number in (1, 2))
    assert first.directory != second.directory
    assert first.cgroup != second.cgroup


def test_a_network_in_use_by_a_lab_or_a_route_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    first = network_number(DIRECTORY)
    routes(monkeypatch, f"10.83.{(first + 1) % 256}.0/24", "default")
    with network.reserve_network("a", DIRECTORY, []) as number:
        assert number == first
    with network.reserve_network("a", DIRECTORY, [first]) as number:
        assert number == (first + 2) % 256


def test_a_network_that_another_lab_begins_with_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    routes(monkeypatch)
    first = network_number(DIRECTORY)
    with network.reserve_network("a", DIRECTORY, []) as number, network.reserve_network("b", DIRECTORY, []) as other:
        assert (number, other) == (first, (first + 1) % 256), "they may have no record in common"
    with network.reserve_network("b", DIRECTORY, []) as number:
        assert number == first, "given back"


def test_no_network_left_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    routes(monkeypatch)
    with pytest.raises(LabError, match="is in use"), network.reserve_network("a", DIRECTORY, range(256)):
        pass


@pytest.mark.parametrize("name", ["", "A", "1a", "-a", "a-", "a b", "../a", "a" * 31])
def test_names_that_would_not_do_in_a_path_or_a_label_are_refused(name: str) -> None:
    with pytest.raises(LabError, match="1 to 30 lower-case letters"):
        check_name(name)


def test_a_spec_survives_the_way_to_the_keeper(tmp_path: Path) -> None:
    service = NodeService("etcd", ["/bin/etcd", "--a=b"], after_api=True, environment={"PATH": "/bin"})
    node = NodeSpec(
        "a-1",
        "10.83.7.10",
        "10.244.1.0/24",
        "/m",
        {"/data": "/d"},
        ["/n"],
        "/c",
        "/logs",
        [service],
        "/store",
        "/images",
    )
    spec = ClusterSpec(
        "a",
        "/d",
        "/r",
        (1, 2),
        "lab-x",
        "h/24",
        "b/24",
        Forward(("l", 1), ("t", 2)),
        [Forward(("l", 5), ("t", 80))],
        "/s",
        "/logs",
        [HostService("registry", ["registry"], Forward(("l", 3), ("t", 4))), HostService("balancer", ["b"], None)],
        [node],
        ["a-1"],
    )
    spec.write(tmp_path / "spec.json")
    assert ClusterSpec.read(tmp_path / "spec.json") == spec


@pytest.mark.parametrize("content", ["{", '{"ways": [], "nodes": []}'])
def test_what_a_killed_keeper_left_is_removed_whoever_wrote_its_spec(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = EmbeddedLayout("a", tmp_path / "cluster", 7)
    layout.directory.mkdir()
    layout.spec.write_text(content)
    record = tmp_path / "record.json"
    record.write_text("{}")
    removed: list[str] = []
    monkeypatch.setattr(network, "remove_link", removed.append)
    monkeypatch.setattr(cgroups, "beginning", lambda prefix: [f"{prefix}1", f"{prefix}3"])
    monkeypatch.setattr(cgroups, "remove", removed.append)
    monkeypatch.setattr(sys, "argv", ["keeper", "clean", "a", str(layout.directory), str(record)])
    assert keeper.main() == 0
    assert removed == [layout.link, layout.node(1).cgroup, layout.node(3).cgroup]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [None, "{", "[1]"])
def test_a_cluster_that_does_not_tell_its_images_is_said_to_be_made_anew(content: str | None, tmp_path: Path) -> None:
    layout = EmbeddedLayout("a", tmp_path, 7)
    if content is not None:
        layout.images.write_text(content)
    with pytest.raises(LabError, match="which images its nodes hold") as refused:
        _ = EmbeddedCluster(layout).node_images
    assert refused.value.next_step == "lab down --name a && lab up --name a"
