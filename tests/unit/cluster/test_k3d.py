"""k3d's provider against stand-ins for `k3d` and `docker` that remember what there is and can be made to fail."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab_helpers import paths, shell, versions, wait
from lab_helpers.addons.base import BASE
from lab_helpers.cluster import choose, record
from lab_helpers.cluster.base import State
from lab_helpers.cluster.choose import provider
from lab_helpers.cluster.k3d import creation
from lab_helpers.cluster.k3d.layout import K3dLayout, K3dSpec
from lab_helpers.errors import LabError
from tests.commands import run_lab, start_lab
from tests.kills import Ground, Kill, kills, strike
from tests.kind.remains import processes
from tests.unit.cluster import registry_front
from tests.unit.kube.api_server import ApiServer, Call, write_kubeconfig

UP = ("up", "--provider", "k3d", "--name", "a")


class World:
    """What there is in Docker, and what goes wrong in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("bin", "containers", "volumes", "networks", "nodes", "moods"):
            (root / name).mkdir()
        for tool in ("docker", "k3d", "docker-registry"):
            self._install(tool)
        self.add("containers", "k3d-other-server-0", "other")
        self.add("networks", "k3d-other", "other")
        self.foreign = self.things()
        self.kubeconfig = root / "users-kubeconfig"
        self.kubeconfig.write_text("the user's own")

    def _install(self, tool: str) -> None:
        path = self.root / "bin" / tool
        script = Path(__file__).with_name("docker_world.py")
        path.write_text(f'#!/bin/sh\nexec {sys.executable} -I {script} {self.root} {tool} "$@"\n')
        path.chmod(0o755)

    def add(self, kind: str, name: str, cluster: str) -> None:
        (self.root / kind / name).write_text(cluster)

    def mood(self, name: str, words: str = "") -> None:
        (self.root / "moods" / name).write_text(words)

    def cheer_up(self) -> None:
        for path in (self.root / "moods").iterdir():
            path.unlink()

    def things(self) -> list[str]:
        kinds = ("containers", "volumes", "networks")
        return sorted(f"{kind}/{path.name}" for kind in kinds for path in (self.root / kind).iterdir())

    def own(self) -> list[str]:
        return [thing for thing in self.things() if thing not in self.foreign]

    def commands(self, tool: str) -> list[str]:
        log = self.root / f"{tool}.asked"
        return log.read_text().splitlines() if log.exists() else []

    def assert_nothing_of_ours(self) -> None:
        """Everything is gone within ten seconds, and nobody else's has been touched."""
        directory = paths.state_directory("a") / "cluster"
        wait.until(
            lambda: not self.own() and not directory.exists() and record.load("a") is None,
            seconds=120,
            outcome="be gone",
            last_event=lambda: f"{self.own()} {directory.exists()} {record.load('a')}",
        )
        assert self.things() == self.foreign
        assert self.kubeconfig.read_text() == "the user's own"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    (tmp_path / "world").mkdir()
    world = World(tmp_path / "world")
    registry_front.install(tmp_path, monkeypatch)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PATH", str(world.root / "bin"), prepend=":")
    monkeypatch.setenv("DOCKER_HOST", "tcp://stand-in:1")
    monkeypatch.setenv("KUBECONFIG", str(world.kubeconfig))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "users-settings"))
    for limit in ("_ANSWER_SECONDS", "_WORK_SECONDS"):  # the stand-ins begin as Python does, on a busy machine
        monkeypatch.setattr(f"lab_helpers.cluster.containers.docker.{limit}", 120.0)
    monkeypatch.setattr("lab_helpers.cluster.k3d.program._PATIENCE_SECONDS", 120.0)
    yield world
    world.cheer_up()
    provider("k3d").delete("a")
    world.assert_nothing_of_ours()
    assert not (tmp_path / "users-settings").exists()


@pytest.fixture
def ready(world: World, api: ApiServer) -> World:
    """A world whose clusters become ready."""
    node = {"metadata": {"name": "n"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    status = {"observedGeneration": 1, "updatedReplicas": 1, "availableReplicas": 1}
    deployment = {"metadata": {"name": "d", "generation": 1}, "spec": {"replicas": 1}, "status": status}
    api.on("GET", "/version", lambda call: call.answer({"gitVersion": "v1.37.1+k3s1"}))
    api.on("GET", "/api/v1/nodes", lambda call: call.answer({"items": []}), lambda call: call.answer({"items": [node]}))
    for name in ("coredns", "local-path-provisioner"):
        path = f"/apis/apps/v1/namespaces/kube-system/deployments/{name}"
        api.on("GET", path, lambda call: call.refuse(404, "not yet"), lambda call: call.answer(deployment))
    write_kubeconfig(world.root, api.port)
    return world


def k3d_name(name: str = "a") -> str:
    """The cluster's name for k3d."""
    return K3dLayout(name, paths.state_directory(name) / "cluster").cluster


def silent(line: str) -> None:
    return


def test_what_is_pinned_is_pinned_by_digest() -> None:
    assert f"rancher/k3s:v{versions.KUBERNETES}-k3s1@sha256:" in versions.K3S_IMAGE
    assert all(
        f"/v{versions.K3D}/" in archive.url and len(archive.sha256) == 64 for archive in versions.K3D_PROGRAMS.values()
    )


def test_auto_never_chooses_it() -> None:
    assert "k3d" in choose.PROVIDERS
    assert "k3d" not in choose.CANDIDATES


def test_a_cluster_from_its_creation_to_its_end(ready: World) -> None:
    up = run_lab(*UP)
    assert up.returncode == 0, up.stderr
    saved = record.load("a")
    assert saved is not None
    assert (saved.provider, saved.kubernetes) == ("k3d", "1.37.1+k3s1")
    kubeconfig = Path(run_lab("kubeconfig", "--name", "a").stdout.strip())
    assert kubeconfig.read_text().strip() == (ready.root / "kubeconfig").read_text()
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
    assert ready.own() == [
        f"containers/k3d-{k3d_name()}-server-0",
        f"networks/k3d-{k3d_name()}",
        f"volumes/k3d-{k3d_name()}-images",
    ]
    refused = run_lab(*UP)
    assert refused.returncode == 1
    assert "is running already" in refused.stderr

    assert json.loads(run_lab("status", "--json", "--name", "a").stdout)[0]["state"] == "running"
    assert run_lab("down", "--name", "a").returncode == 0
    assert ready.own() == [], "`lab down` returns when nothing is left"


def test_what_k3d_is_asked(ready: World) -> None:
    with provider("k3d").create("a", silent, BASE) as cluster:
        BASE.wait_ready(cluster, silent)
        spec = json.loads((cluster.kubeconfig.parent / "spec.json").read_text())
    assert ready.commands("k3d") == [
        "version",  # its doctor
        "version",
        f"cluster create {k3d_name()} --wait --no-lb"
        f" --image={versions.K3S_IMAGE} --servers=1 --agents=0 --api-port=127.0.0.1:{spec['port']} --timeout=600s"
        " --kubeconfig-update-default=false --kubeconfig-switch-context=false"
        f" --port=127.0.0.1:{spec['entry_ports']['80']}:80@server:0:direct"
        f" --port=127.0.0.1:{spec['entry_ports']['443']}:443@server:0:direct"
        " --k3s-arg=--default-local-storage-path=/data@server:0 --k3s-arg=--disable=traefik@server:0"
        " --k3s-arg=--kubelet-arg=sync-frequency=1s@server:0",
        f"kubeconfig get {k3d_name()}",
        f"cluster delete {k3d_name()}",
    ]
    ready.assert_nothing_of_ours()


def test_an_agent_joins_trusts_the_registry_and_is_removed(ready: World, api: ApiServer) -> None:
    with provider("k3d").create("a", silent, BASE) as cluster:
        nodes, agent = cluster.nodes, f"k3d-{k3d_name()}-agent-1-0"
        assert nodes is not None
        status = {"conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": "10:00:00"}]}
        api.on(
            "GET", f"/api/v1/nodes/{agent}", lambda call: call.answer({"metadata": {"name": agent}, "status": status})
        )
        assert nodes.add(silent) == agent
        assert ready.commands("k3d")[-1] == (
            f"node create {k3d_name()}-agent-1 --cluster={k3d_name()} --role=agent --wait --timeout=600s"
        )
        assert "ghcr.io" in (ready.root / "nodes" / agent / "etc/hosts").read_text()
        assert nodes.running() == {agent: True, nodes.servers[0]: True}
        assert nodes.execute(agent, ["cat", "/etc/hosts"]) == 0
        assert ready.commands("docker")[-1] == f"exec --interactive {agent} cat /etc/hosts"
        nodes.remove(agent)
        assert nodes.running() == {nodes.servers[0]: True}


def test_an_agent_is_killed_and_comes_back_with_the_registry(ready: World, api: ApiServer) -> None:
    with provider("k3d").create("a", silent, BASE) as cluster:
        nodes, agents = cluster.nodes, [f"k3d-{k3d_name()}-agent-{number}-0" for number in (1, 2)]
        assert nodes is not None
        heartbeats = iter(["10:00:00", "10:00:00", "10:00:01", *["10:00:02"] * 9])

        def answer(call: Call) -> None:
            ready_now = {"type": "Ready", "status": "True", "lastHeartbeatTime": next(heartbeats)}
            call.answer({"metadata": {"name": "agent"}, "status": {"conditions": [ready_now]}})

        for agent in agents:
            api.on("GET", f"/api/v1/nodes/{agent}", answer)
        assert nodes.add(silent) == agents[0]
        nodes.kill(agents[0])
        assert nodes.running() == {agents[0]: False, nodes.servers[0]: True}
        hosts = ready.root / "nodes" / agents[0] / "etc/hosts"
        nodes.start(agents[0], silent)
        assert next(heartbeats) == "10:00:02", "what it said before its death is not asked for twice"
        assert "ghcr.io" in hosts.read_text()
        nodes.kill(agents[0])
        assert nodes.add(silent) == agents[1], "one that is dead is in nobody's way"


def test_an_agent_that_does_not_join_is_deleted_and_says_why(ready: World, api: ApiServer) -> None:
    api.on("GET", f"/api/v1/nodes/k3d-{k3d_name()}-agent-1-0", lambda call: call.refuse(404, "no such node"))
    with provider("k3d").create("a", silent, BASE) as cluster:
        assert cluster.nodes is not None
        ready.mood("agent-fails")
        with pytest.raises(LabError) as failure:
            cluster.nodes.add(silent)
        assert "context deadline exceeded" in failure.value.last_event
        assert cluster.nodes.running() == {cluster.nodes.servers[0]: True}


def test_the_users_settings_for_k3d_do_not_count(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("K3D_NETWORK", "K3D_CONFIG", "K3D_FIX_DNS", "K3D_IMAGE_TOOLS"):
        monkeypatch.setenv(name, "theirs")
    layout = K3dLayout("a", paths.state_directory("a") / "cluster")
    environment = K3dSpec("a", str(layout.directory), "record", "k3d", "image", 1, {}, 1).environment()
    assert environment["K3D_NETWORK"] == environment["K3D_CONFIG"] == ""
    assert "K3D_FIX_DNS" not in environment
    assert environment["K3D_IMAGE_TOOLS"] == versions.K3D_TOOLS_IMAGE


def test_the_node_resolves_and_trusts_the_registry_where_k3s_looks(ready: World) -> None:
    with provider("k3d").create("a", silent, BASE) as cluster:
        registry = cluster.registry
        authority = registry.ca_certificate.read_text()
    node = ready.root / "nodes" / f"k3d-{k3d_name()}-server-0"
    trusted = node / "var/lib/rancher/k3s/agent/etc/containerd/certs.d/ghcr.io"
    assert f'server = "https://ghcr.io:{registry.port}"' in (trusted / "hosts.toml").read_text()
    assert (trusted / "ca.crt").read_text() == authority
    assert (node / "etc/hosts").read_text() == "127.0.0.1 localhost\n127.0.0.1 ghcr.io\n"


@pytest.mark.parametrize(
    ("broken", "description", "step"),
    [
        ("no docker", "no docker command", "https://docs.docker.com/engine/install"),
        ("daemon-gone", "Cannot connect to the Docker daemon", "unset DOCKER_HOST"),
        ("no k3d", "no k3d v5.9.0 on PATH", "sha256sum -c"),
        ("old", "k3d version v5.8.3, not v5.9.0", "k3d-linux-"),
        ("strange", "something else, not v5.9.0", "k3d-linux-"),
    ],
)
def test_what_is_missing_is_said_with_what_to_type(
    world: World, monkeypatch: pytest.MonkeyPatch, broken: str, description: str, step: str
) -> None:
    if broken.startswith("no "):
        program, find = broken.removeprefix("no "), shell.find
        monkeypatch.setattr(shell, "find", lambda name: None if name == program else find(name))
    elif broken == "old":
        world.mood("version", "v5.8.3")
    elif broken == "strange":
        world.mood("version", "banana")
    else:
        world.mood(broken)
    finding = next(each for each in provider("k3d").doctor() if not each.ok)
    assert description in finding.seen
    assert step in finding.next_step
    with pytest.raises(LabError) as failure:
        provider("k3d").create("a", silent, BASE)
    assert description in str(failure.value)
    assert not [line for line in world.commands("k3d") if "cluster" in line]


def test_a_name_that_k3d_would_refuse_is_refused_first(world: World) -> None:
    with pytest.raises(LabError, match="too long"):
        provider("k3d").create("a" * 22, silent, BASE)
    assert world.commands("k3d") == []


@pytest.mark.parametrize("kind", ["containers", "networks", "volumes"])
def test_what_is_called_so_without_a_record_is_refused_and_stays(world: World, kind: str) -> None:
    world.add(kind, f"k3d-{k3d_name()}", k3d_name())
    with pytest.raises(LabError, match="this lab did not make it"):
        provider("k3d").create("a", silent, BASE)
    provider("k3d").delete("a")
    assert world.own() == [f"{kind}/k3d-{k3d_name()}"]
    assert not [line for line in world.commands("k3d") if "cluster" in line]
    (world.root / kind / f"k3d-{k3d_name()}").unlink()


def test_a_creation_that_fails_half_way_is_deleted_and_says_why(world: World) -> None:
    world.mood("creation-fails")
    with pytest.raises(LabError, match="was not created") as failure:
        provider("k3d").create("a", silent, BASE)
    assert "FAILED to rollback" in failure.value.last_event
    assert failure.value.next_step == "lab doctor --provider k3d"
    world.assert_nothing_of_ours()


def test_a_creation_that_takes_too_long_is_a_failure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.mood("creation-hangs")
    monkeypatch.setattr(creation, "_CREATE_SECONDS", 1)
    monkeypatch.setattr(creation, "END_SECONDS", 1)
    with pytest.raises(LabError, match="did not create the cluster within 2 s"):
        provider("k3d").create("a", silent, BASE)
    world.assert_nothing_of_ours()


def test_a_node_that_does_not_become_ready_is_a_failure(
    ready: World, api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.on("GET", "/api/v1/nodes", lambda call: call.answer({"items": []}))
    monkeypatch.setattr("lab_helpers.cluster.containers.creation._READY_SECONDS", 0.5)
    with pytest.raises(LabError, match="did not become Ready"):
        provider("k3d").create("a", silent, BASE)
    ready.assert_nothing_of_ours()


def test_storage_that_does_not_come_up_is_a_failure(
    ready: World, api: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab_helpers.addons.base._READY_SECONDS", 0.5)
    path = "/apis/apps/v1/namespaces/kube-system/deployments/local-path-provisioner"
    api.on("GET", path, lambda call: call.refuse(404, "not yet"))
    with (
        provider("k3d").create("a", silent, BASE) as cluster,
        pytest.raises(LabError, match="deployment/local-path-provisioner: did not become ready"),
    ):
        BASE.wait_ready(cluster, silent)


def test_what_k3d_cannot_delete_is_removed_by_its_label(ready: World) -> None:
    ready.mood("deletion-fails")
    with provider("k3d").create("a", silent, BASE):
        pass
    ready.assert_nothing_of_ours()


def test_a_record_stays_while_something_of_the_cluster_does(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_lab(*UP).returncode == 0
    ready.mood("deletion-fails")
    ready.mood("removal-fails")
    os.kill(keeper(), signal.SIGKILL)
    wait.until(lambda: provider("k3d").state("a") is State.ENDED, seconds=120, outcome="end")
    monkeypatch.setattr("lab_helpers.cluster.k3d.remains._PATIENCE_SECONDS", 0.5)
    with pytest.raises(LabError, match="did not be gone") as failure:
        provider("k3d").delete("a")
    assert "device or resource busy" in failure.value.last_event
    assert f"cluster delete {k3d_name()}" in failure.value.last_event
    assert record.load("a") is not None, "the next command tries again"
    ready.cheer_up()
    provider("k3d").delete("a")
    ready.assert_nothing_of_ours()


def keeper() -> int:
    """The process that keeps the cluster."""
    spec = str(paths.state_directory("a") / "cluster" / "spec.json")
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if spec in words:
                return int(entry.name)
    raise AssertionError("no keeper")


def test_a_killed_keeper_takes_k3d_with_it_and_the_next_command_cleans(world: World) -> None:
    world.mood("creation-hangs")
    process = start_lab(*UP)
    wait.until(lambda: f"containers/k3d-{k3d_name()}-server-0" in world.own(), seconds=120, outcome="be half made")
    os.kill(keeper(), signal.SIGKILL)
    process.kill()
    process.communicate()
    world.cheer_up()
    assert world.own(), "Docker keeps what nobody deletes"
    assert run_lab("down", "--name", "a").returncode == 0
    world.assert_nothing_of_ours()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_creation_says_so_and_leaves_nothing(world: World, number: signal.Signals) -> None:
    world.mood("creation-hangs")
    process = start_lab(*UP)
    wait.until(lambda: world.own(), seconds=120, outcome="be half made")
    process.send_signal(number)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "nothing is left half made" in said
    assert world.own() == []


@pytest.mark.parametrize("kill", [replace(kill, command="up") for kill in kills()], ids=str)
def test_a_lab_killed_at_a_random_moment_leaves_nothing(ready: World, kill: Kill, tmp_path: Path) -> None:
    def remains(name: str) -> list[str]:
        directory = paths.state_directory(name) / "cluster"
        remaining = [f"process {line}" for line in processes(str(directory))]
        remaining += [f"file {path}" for path in (directory, record.path(name)) if path.exists()]
        return [*ready.own(), *remaining]

    strike(kill, "a", Ground("k3d", seconds={"up": 3.0}, ending=150, remains=remains), tmp_path)
    ready.assert_nothing_of_ours()
