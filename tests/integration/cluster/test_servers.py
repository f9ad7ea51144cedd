"""Three servers: each is killed and comes back while a client writes, and no acknowledged write is lost."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest

from lab_helpers import paths, wait
from lab_helpers.cluster.base import Capability
from lab_helpers.cluster.choose import provider
from lab_helpers.cluster.embedded import cgroups
from lab_helpers.cluster.embedded.layout import EmbeddedLayout
from lab_helpers.errors import LabError
from lab_helpers.kube.client import Client
from lab_helpers.kube.transport import Object
from tests.commands import Run
from tests.integration.cluster.remains import remains

pytestmark = [pytest.mark.cluster, pytest.mark.servers]

LONGEST_SILENCE = 45.0  # of the API, by a client that tries again: printed, and some seconds on an idle machine
_LEADER_SECONDS = 90.0  # a lease of 15 s has to run out
_PAUSE_SECONDS = 0.05


class Writer:
    """Creates one ConfigMap after the other, as fast as each is acknowledged."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._is_over = threading.Event()
        self._acknowledged: list[float] = []
        self._thread = threading.Thread(target=self._write)

    @contextmanager
    def running(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            self._thread.join()

    @property
    def count(self) -> int:
        """How many writes were acknowledged."""
        return len(self._acknowledged)

    def silence_since(self, begun: float) -> float:
        """The longest time without an acknowledgement since a moment."""
        moments = [begun, *(moment for moment in self._acknowledged if moment > begun)]
        return max(later - earlier for earlier, later in pairwise(moments))

    def _write(self) -> None:
        while not self._is_over.wait(_PAUSE_SECONDS):
            self._client.apply(_config_map(self.count))
            self._acknowledged.append(time.monotonic())


def test_each_server_dies_and_comes_back_and_no_write_is_lost(name: str, lab: Run) -> None:
    assert lab("up", "--servers", "3", "--name", name).returncode == 0
    layout = EmbeddedLayout(name, paths.state_directory(name) / "cluster", 0, servers=3)
    client, writer = Client(layout.kubeconfig, patience_seconds=90), Writer(Client(layout.kubeconfig, None, 90))
    image = json.loads(layout.images.read_text())["lab.local/busybox"]
    client.apply(_deployment(image, 0))
    servers = [node.name for node in layout.server_nodes]
    assert _roles(lab, name) == dict.fromkeys(servers, ("server", "healthy"))
    _refuse_what_needs_one_server(lab, name)

    with writer.running():
        for replicas, server in enumerate(servers, start=1):
            led, begun, before = _leader(client), time.monotonic(), writer.count
            assert lab("node", "kill", server, "--name", name).returncode == 0
            _wait_writes(writer, before + 20)
            _expect_no_second_kill(lab, name, servers, server)
            client.apply(_deployment(image, replicas))
            _wait_reconciled(client, replicas, server)
            silence, reconciled = writer.silence_since(begun), time.monotonic() - begun
            print(f"{server} killed, {led} led: API silent {silence:.1f} s, reconciled after {reconciled:.1f} s")  # noqa: T201 - with -rA
            assert silence < LONGEST_SILENCE
            _bring_back(lab, name, server, servers)
            _wait_ready(client, replicas)
    stored = {each["metadata"]["name"] for each in client.list("configmap", "default")}
    lost = [number for number in range(writer.count) if f"write-{number}" not in stored]
    assert lost == [], f"of {writer.count} acknowledged writes"

    added = lab("node", "add", "--name", name)
    assert added.returncode == 0, added.stderr
    assert _roles(lab, name)[layout.node(4).name] == ("agent", "")
    kept_server = lab("node", "remove", servers[0], "--name", name)
    assert kept_server.returncode == 1
    assert "has the control plane, and goes with the cluster only" in kept_server.stderr
    assert lab("down", "--name", name).returncode == 0
    assert remains(name) == []
    assert cgroups.beginning(layout.cgroups) == []


def _config_map(number: int) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"write-{number}", "namespace": "default"},
        "data": {"number": str(number)},
    }


def _roles(lab: Run, name: str) -> dict[str, tuple[str, str]]:
    entries = json.loads(lab("node", "list", "--json", "--name", name).stdout)
    return {entry["name"]: (entry["role"], entry["etcd"]) for entry in entries}


def _refuse_what_needs_one_server(lab: Run, name: str) -> None:
    cluster = provider("embedded").attach(name)
    assert cluster is not None
    assert not cluster.capabilities & {Capability.CHECKPOINTS, Capability.SERVER}
    refused = lab("checkpoint", "save", "a", "--name", name)
    assert refused.returncode == 1
    assert "clusters with several servers keep no state to go back to" in refused.stderr


def _expect_no_second_kill(lab: Run, name: str, servers: list[str], dead: str) -> None:
    other = next(server for server in servers if server != dead)
    refused = lab("node", "kill", other, "--name", name)
    assert refused.returncode == 1
    assert f"next: lab node add {dead} --name {name}" in refused.stderr


def _leader(client: Client) -> str:
    """The server whose controller manager leads."""
    lease = client.get("lease", "kube-controller-manager", "kube-system")
    return str(lease["spec"]["holderIdentity"]).partition("_")[0] if lease else ""


def _wait_writes(writer: Writer, count: int) -> None:
    wait.until(lambda: writer.count > count, seconds=90, outcome="go on", object="writer", every=0.1)


def _wait_reconciled(client: Client, replicas: int, dead: str) -> None:
    """A Deployment gets the pods that it asks for while a server is dead: somebody else makes and places them."""

    def is_reconciled() -> bool:
        places = [pod["spec"].get("nodeName") for pod in client.list("pod", "default", "app=web")]
        leader = _leader(client)
        if len(places) != replicas or not all(places) or leader == dead:
            raise LabError(f"pods on {places} of {replicas}, {leader} leads")
        return True

    wait.until(is_reconciled, seconds=_LEADER_SECONDS, outcome="be reconciled", object="deployment/web", every=0.5)


def _wait_ready(client: Client, replicas: int) -> None:
    """All of them run once the server is back on which some may have been placed."""

    def is_ready() -> bool:
        deployment = client.get("deployment", "web", "default")
        ready = deployment["status"].get("readyReplicas", 0) if deployment else 0
        if ready != replicas:
            raise LabError(f"{ready} of {replicas} are ready")
        return True

    wait.until(is_ready, seconds=90, outcome="run", object="deployment/web", every=0.5)


def _deployment(image: str, replicas: int) -> Object:
    labels = {"app": "web"}
    container = {"name": "web", "image": image, "command": ["sh", "-c", "while :; do sleep 3600; done"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
            },
        },
    }


def _bring_back(lab: Run, name: str, server: str, servers: list[str]) -> None:
    assert _roles(lab, name)[server] == ("server", "not healthy")
    addition = lab("node", "add", server, "--name", name)
    assert addition.returncode == 0, addition.stderr
    wait.until(
        lambda: _roles(lab, name) == dict.fromkeys(servers, ("server", "healthy")),
        seconds=60,
        outcome="be healthy",
        object=server,
        every=0.5,
    )
