"""`lab node`: what it refuses, by name, with the reason and the next command."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lab_helpers.cli import main
from lab_helpers.cluster import choose, death, draining, roster
from lab_helpers.cluster.base import Capability
from lab_helpers.cluster.occupancy import Claim
from tests.commands import run_lab


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("LAB_LANGUAGE", "en")


@pytest.mark.parametrize("verb", [["list"], ["add"], ["drain", "lab-2"], ["kill", "lab-2"], ["remove", "lab-2"]])
def test_without_a_cluster_the_way_to_one_is_said(verb: list[str]) -> None:
    refused = run_lab("node", *verb)
    assert refused.returncode == 1
    assert "lab lab: has no running cluster" in refused.stderr
    assert "next: lab up --name lab" in refused.stderr


class _Nodes:
    servers = ("mine-1",)

    def __init__(self, **running: bool) -> None:
        self._running = {f"mine-{name[1:]}": runs for name, runs in (running or {"n1": True, "n2": True}).items()}

    def running(self) -> Mapping[str, bool]:
        return self._running


class _Cluster:
    def __init__(self, provider: str, nodes: _Nodes | None) -> None:
        self.name, self.provider, self.nodes = "mine", provider, nodes
        self.kubeconfig = Path("/nowhere")
        self.capabilities = frozenset() if provider == "existing" else frozenset({Capability.NAMESPACES})


def _run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cluster: _Cluster, *arguments: str
) -> tuple[Any, str]:
    """The exit code and the words of a verb on a cluster of two nodes."""

    class Maker:
        def attach(self, _name: str) -> _Cluster:
            return cluster

    monkeypatch.setattr(choose, "maker_of", lambda _name: Maker())
    monkeypatch.setattr(roster, "names", lambda _cluster: ["mine-1", "mine-2"])
    monkeypatch.setattr(sys, "argv", ["lab", "node", *arguments, "--name", "mine"])
    with pytest.raises(SystemExit) as end:
        main.main()
    return end.value.code, capsys.readouterr().err


@pytest.mark.parametrize("verb", [["add"], ["add", "mine-2"], ["kill", "mine-2"], ["remove", "mine-2"]])
def test_a_provider_that_cannot_says_so(
    verb: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, message = _run(monkeypatch, capsys, _Cluster("kind", None), *verb)
    assert code == 1
    assert "lab mine: clusters of provider kind get no further nodes while they run" in message
    assert "next: lab up --provider embedded" in message


@pytest.mark.parametrize("verb", [["list"], ["add"], ["drain", "mine-2"], ["kill", "mine-2"], ["remove", "mine-2"]])
def test_the_nodes_of_somebodys_cluster_are_left_alone(
    verb: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, message = _run(monkeypatch, capsys, _Cluster("existing", None), *verb)
    assert code == 1
    assert "on a cluster of yours the lab touches no node" in message


@pytest.mark.parametrize("verb", ["add", "drain", "kill", "remove"])
def test_an_unknown_node_is_refused_with_those_there_are(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, message = _run(monkeypatch, capsys, _Cluster("embedded", _Nodes()), verb, "mine-3")
    assert code == 1
    assert "'mine-3': is no node of lab mine; there are mine-1, mine-2" in message
    assert "next: lab node list --name mine" in message


def test_the_node_with_the_control_plane_goes_with_the_cluster_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(draining, "Client", lambda _kubeconfig: None)
    code, message = _run(monkeypatch, capsys, _Cluster("embedded", _Nodes()), "remove", "mine-1")
    assert code == 1
    assert "mine-1: has the control plane, and goes with the cluster only" in message
    assert "next: lab down --name mine" in message


def test_what_the_api_server_alone_knows_of_is_removed_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deleted: list[str] = []

    class Client:
        def list(self, _kind: str) -> list[Any]:
            return []

        def delete(self, kind: str, name: str, **_options: float) -> None:
            deleted.append(f"{kind}/{name}")

    class Nodes(_Nodes):
        def running(self) -> Mapping[str, bool]:
            return {"mine-1": True}

    monkeypatch.setattr(draining, "Client", lambda _kubeconfig: Client())
    code, message = _run(monkeypatch, capsys, _Cluster("embedded", Nodes()), "remove", "mine-2")
    assert (code, deleted) == (0, ["node/mine-2"]), message


def test_a_node_that_has_ended_is_not_drained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Nodes(_Nodes):
        def running(self) -> Mapping[str, bool]:
            return {"mine-1": True, "mine-2": False}

    monkeypatch.setattr(draining, "Client", lambda _kubeconfig: None)
    code, message = _run(monkeypatch, capsys, _Cluster("embedded", Nodes()), "drain", "mine-2")
    assert code == 1
    assert "mine-2: has ended: nobody is there to end its pods in order\n" in message
    assert "next: lab node remove mine-2 --name mine" in message


def test_interrupted_it_says_what_may_be_half_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(draining, "remove", stop)
    code, message = _run(
        monkeypatch, capsys, _Cluster("embedded", _Nodes()), "remove", "mine-2", "--with-claims", "--seconds", "5"
    )
    assert code == 130
    assert "mine-2: interrupted; it may take no new pods" in message
    assert "next: lab node remove mine-2 --with-claims --name mine" in message


@pytest.mark.parametrize(
    ("verb", "running", "message", "step"),
    [
        (["kill", "mine-1"], {}, "mine-1: has the control plane", "lab node list --name mine"),
        (["kill", "mine-2"], {"n1": True, "n2": False}, "mine-2: does not run", "lab node list --name mine"),
        (["kill", "mine-2"], {"n1": True}, "mine-2: does not run", "lab node list --name mine"),
        (["add", "mine-1"], {}, "mine-1: runs already", "lab node add --name mine"),
        (["add", "mine-2"], {"n1": True}, "mine-2: is gone", "lab node remove mine-2 --name mine"),
    ],
)
def test_only_what_runs_is_killed_and_only_what_has_ended_is_started(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    verb: list[str],
    running: dict[str, bool],
    message: str,
    step: str,
) -> None:
    code, words = _run(monkeypatch, capsys, _Cluster("embedded", _Nodes(**running)), *verb)
    assert code == 1
    assert message in words
    assert f"next: {step}" in words


def test_a_node_that_is_killed_keeps_its_claims_and_comes_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Nodes(_Nodes):
        def kill(self, name: str) -> None:
            self._running[name] = False

        def start(self, name: str, _report: object) -> None:
            self._running[name] = True

    nodes = Nodes()
    monkeypatch.setattr(death, "Client", lambda _kubeconfig: None)
    monkeypatch.setattr(death, "claims_on", lambda _client, _node: [Claim("shop", "data-pvc", "pvc-1")])
    code, words = _run(monkeypatch, capsys, _Cluster("embedded", nodes), "kill", "mine-2")
    assert (code, nodes.running()["mine-2"]) == (0, False)
    assert "claim shop/data-pvc stays on mine-2" in words
    assert "it comes back after: lab node add mine-2" in words
    assert _run(monkeypatch, capsys, _Cluster("embedded", nodes), "add", "mine-2")[0] == 0
    assert nodes.running()["mine-2"]
