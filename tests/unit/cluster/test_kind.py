"""kind's provider against stand-ins for `kind` and `docker` that write down what they were asked."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import cast

import pytest
import yaml

from lab_helpers import paths, programs, shell, versions, wait
from lab_helpers.addons.base import BASE
from lab_helpers.cluster import control, lab_lock, record
from lab_helpers.cluster.base import State
from lab_helpers.cluster.choose import provider
from lab_helpers.cluster.containers import docker, keeper
from lab_helpers.cluster.containers.docker import Docker
from lab_helpers.cluster.kind import creation, nodes
from lab_helpers.cluster.kind.layout import KindLayout, KindSpec
from lab_helpers.cluster.kind.provider import KindProvider
from lab_helpers.cluster.sweep import sweep
from lab_helpers.errors import LabError
from lab_helpers.images import registry
from lab_helpers.images.registry import Registry
from tests.processes import is_running
from tests.unit.cluster import registry_front

StandIn = Callable[[str, str], Path]


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("LAB_KIND_NODE_IMAGE", raising=False)
    monkeypatch.setenv("DOCKER_HOST", "tcp://stand-in:1")


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """Put a program first on PATH that logs its arguments, a line a call, then runs the given script."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory), prepend=":")

    def make(name: str, script: str) -> Path:
        path = directory / name
        path.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/{name}.asked\n{script}\n')
        path.chmod(0o755)
        return path

    return make


def commands(tmp_path: Path, name: str) -> list[str]:
    log = tmp_path / f"{name}.asked"
    return log.read_text().splitlines() if log.exists() else []


def test_the_node_image_is_pinned_by_its_digest() -> None:
    assert "@sha256:" in versions.KIND_NODE_IMAGE


def test_the_cluster_is_reached_from_this_machine_only() -> None:
    asked_for = creation.configuration()
    assert asked_for["networking"] == {"apiServerAddress": "127.0.0.1"}
    (node,) = cast(list[dict[str, list[dict[str, object]]]], asked_for["nodes"])
    addresses = {mapping["containerPort"]: mapping["listenAddress"] for mapping in node["extraPortMappings"]}
    assert addresses == {80: "127.0.0.1", 443: "127.0.0.1"}


def test_what_changes_in_a_mounted_secret_is_there_within_seconds() -> None:
    (patch,) = cast(list[str], creation.configuration()["kubeadmConfigPatches"])
    assert yaml.safe_load(patch) == {"kind": "KubeletConfiguration", "syncFrequency": "1s"}


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        (f"kind v{versions.KIND} go1.26.8 linux/amd64", True),
        ("kind v0.33.9 go1.26.8 linux/amd64", True),
        ("kind v0.17.0 go1.19 linux/amd64", False),
        ("kind v0.330.0 go1.26.8 linux/amd64", False),
        ("Usage: kind of tea", False),
    ],
)
def test_a_kind_on_path_is_taken_if_its_version_fits(stand_in: StandIn, said: str, fits: bool) -> None:
    path = stand_in("kind", f"echo '{said}'")
    assert (programs.find("kind").get("kind") == path) == fits


@pytest.mark.parametrize(
    ("script", "description"),
    [
        ("echo 'Cannot connect to the Docker daemon' >&2; exit 1", "Cannot connect to the Docker daemon"),
        ("echo 'permission denied while trying to connect' >&2; exit 1", "permission denied while trying to connect"),
        ("""echo '{"Version": "20.10.24"}'""", "daemon 20.10.24 at tcp://stand-in:1 (DOCKER_HOST)"),
        ("echo Emulate Docker CLI using podman.", "the docker command here is not Docker's"),
        ("echo null", "the docker command here is not Docker's"),
        ("""echo '{"Version": "library-import"}'""", "the docker command here is not Docker's"),
    ],
)
def test_a_docker_that_will_not_do_is_said_with_what_to_type(stand_in: StandIn, script: str, description: str) -> None:
    stand_in("docker", script)
    finding = provider("kind").doctor()[0]
    assert not finding.ok
    assert finding.seen.endswith(description)
    assert ("usermod" in finding.next_step) == ("permission denied" in description)
    assert finding.next_step


def test_a_docker_command_that_never_answers_is_said_in_seconds(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker, "_ANSWER_SECONDS", 0.2)
    stand_in("docker", "exec sleep 60")
    finding = provider("kind").doctor()[0]
    assert not finding.ok
    assert "killed after 0.2 s" in finding.seen


def test_a_cluster_is_deleted_on_the_daemon_it_was_made_on(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = f'echo "$DOCKER_HOST $DOCKER_CONTEXT $1" >> {tmp_path}/where'
    keeper = Kept(stand_in, where, docker=where, daemon={"DOCKER_HOST": "tcp://first:1", "DOCKER_CONTEXT": ""})
    keeper.wait_created()
    keeper.process.kill()
    keeper.tell("")
    keeper.process.wait()
    monkeypatch.setenv("DOCKER_HOST", "tcp://second:1")
    monkeypatch.setenv("DOCKER_CONTEXT", "third")
    provider("kind").delete("a")
    said = (tmp_path / "where").read_text().splitlines()
    assert "tcp://first:1  delete" in said
    assert all(line.startswith("tcp://first:1  ") for line in said)


def test_the_users_settings_of_kind_do_not_reach_the_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KIND_EXPERIMENTAL_PROVIDER", "podman")
    environment = KindSpec("a", "/nowhere", "/nowhere/record", "kind", "image").environment()
    assert environment["KIND_EXPERIMENTAL_PROVIDER"] == "docker"


def test_a_spec_that_cannot_be_read_is_said_with_what_to_type(stand_in: StandIn) -> None:
    keeper = Kept(stand_in, "")
    keeper.wait_created()
    keeper.process.kill()
    keeper.tell("")
    keeper.process.wait()
    keeper.layout.spec.write_text("")
    with pytest.raises(LabError, match="does not say what was made") as caught:
        provider("kind").delete("a")
    assert keeper.layout.cluster in caught.value.next_step
    assert record.load("a") is not None
    keeper.layout.spec.unlink()  # as it says
    provider("kind").delete("a")
    assert record.load("a") is None


@pytest.mark.parametrize("directory", ["/", "elsewhere"])
def test_a_record_that_somebody_edited_points_nowhere_else(directory: str, tmp_path: Path) -> None:
    details: dict[str, object] = {"directory": str(tmp_path / directory)}
    record.save(record.ClusterRecord("a", "kind", 0.0, "1.37.1", details))
    (tmp_path / "elsewhere").mkdir()
    provider("kind").delete("a")
    assert (tmp_path / "elsewhere").exists()
    assert record.load("a") is None


def test_a_node_is_told_where_the_registry_is_and_keeps_what_else_it_knew(stand_in: StandIn, tmp_path: Path) -> None:
    # `docker exec --interactive NODE cat FILE`, and `… sh -c SCRIPT sh FILE` with the content on standard input.
    stand_in(
        "docker",
        f"""case "$*" in
ps*) echo lab-a-control-plane ;;
*"cat /etc/hosts") printf '127.0.0.1 localhost\\n10.0.0.9 ghcr.io\\n' ;;
*) for file; do :; done; cat > "{tmp_path}/$(basename "$file")" ;;
esac""",
    )
    certificate = tmp_path / "authority"
    certificate.write_text("its certificate\n")
    nodes.trust_registry(
        Docker(), "lab-a", Registry("ghcr.io", "172.18.0.1", 4443, certificate, "lab", tmp_path / "password")
    )
    assert (tmp_path / "hosts").read_text() == "127.0.0.1 localhost\n172.18.0.1 ghcr.io\n"
    assert (tmp_path / "ca.crt").read_text() == "its certificate\n"
    assert 'server = "https://ghcr.io:4443"' in (tmp_path / "hosts.toml").read_text()


def test_a_gateway_of_another_machine_is_said(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no address of this machine"):
        docker.free_port("192.0.2.1")


def test_a_port_is_free_on_each_address_though_they_are_the_same() -> None:
    for addresses in (("127.0.0.1", "127.0.0.1"), ("127.0.0.1", "127.0.0.2")):
        assert docker.free_port(*addresses) > 0


def test_a_cluster_of_that_name_without_a_record_is_refused_and_not_deleted(stand_in: StandIn, tmp_path: Path) -> None:
    stand_in("docker", """case "$*" in version*) echo '{"Version": "28.0"}' ;; ps*) echo somebodys ;; esac""")
    stand_in("kind", f"echo kind v{versions.KIND}")
    with pytest.raises(LabError, match="this lab did not make it"):
        provider("kind").create("a", lambda line: None, BASE)
    provider("kind").delete("a")
    assert not [line for line in commands(tmp_path, "kind") if "cluster" in line]


class Kept:
    """A keeper at work, with a stand-in for kind; and one for Docker, which has a network of the cluster's name."""

    def __init__(
        self, stand_in: StandIn, script: str, docker: str = "", daemon: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        kind = stand_in("kind", script)
        stand_in("docker", f'{docker}\ncase "$1 $2" in "network ls") echo its-network ;; esac')
        self.layout = KindLayout("a", paths.state_directory("a") / "cluster")
        self.layout.logs.mkdir(parents=True)
        where = str(self.layout.directory), str(record.path("a"))
        spec = KindSpec("a", *where, str(kind), "image", docker=dict(daemon))
        spec.write(self.layout.spec)
        details: dict[str, object] = {"directory": str(self.layout.directory)}
        record.save(record.ClusterRecord("a", "kind", 0.0, "1.37.1", details, kept=False))
        argv: list[str | Path] = [sys.executable, "-I", "-m", "lab_helpers.cluster.kind.keeper", self.layout.spec]
        self.process = shell.start(argv, stdin=subprocess.PIPE)
        wait.until(lambda: control.answers(self.layout.control), seconds=120, outcome="listen")

    def wait_created(self) -> None:
        wait.until(self.layout.created.exists, seconds=120, outcome="create")

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line)
        self.process.stdin.close()


def delete(layout: KindLayout) -> str:
    """How kind is asked to delete a cluster."""
    return f"delete cluster --name={layout.cluster} --kubeconfig={layout.kubeconfig}"


def test_the_end_of_the_pipe_ends_kind_and_deletes_the_cluster(stand_in: StandIn, tmp_path: Path) -> None:
    keeper = Kept(stand_in, 'if [ "$1" = create ]; then sleep 1000 & echo $! > $0.pid; wait; fi')
    child = tmp_path / "bin" / "kind.pid"
    wait.until(child.exists, seconds=120, outcome="start")
    pid = wait.until(child.read_text, seconds=120, outcome="tell its child").strip()
    keeper.tell("")
    assert keeper.process.wait(timeout=120) == 0
    assert not is_running(pid)
    assert commands(tmp_path, "kind") == [
        f"create cluster --name={keeper.layout.cluster} --kubeconfig={keeper.layout.kubeconfig}"
        f" --config={keeper.layout.config} --image=image --wait=0",
        delete(keeper.layout),
    ]
    assert commands(tmp_path, "docker")[-1] == "network rm its-network"
    assert not keeper.layout.directory.exists()
    assert record.load("a") is None


def test_a_kept_cluster_goes_on_until_it_is_asked_to_end(stand_in: StandIn, tmp_path: Path) -> None:
    keeper = Kept(stand_in, "")
    keeper.wait_created()
    assert keeper.layout.created.read_text() == "0"
    keeper.tell("keep\n")
    assert provider("kind").state("a") is State.RUNNING
    provider("kind").delete("a")
    keeper.process.wait(timeout=120)
    assert commands(tmp_path, "kind")[-1] == delete(keeper.layout)
    assert provider("kind").state("a") is State.ABSENT


def test_a_cluster_is_used_by_nobody_else_before_it_is_made(stand_in: StandIn) -> None:
    keeper = Kept(stand_in, "")
    saved = record.load("a")
    assert saved is not None
    record.save(replace(saved, made=False))
    with pytest.raises(lab_lock.Locked, match="is still being created"):
        provider("kind").attach("a")
    record.complete("a")
    assert provider("kind").attach("a") is not None
    keeper.tell("")
    assert keeper.process.wait(timeout=120) == 0


def test_whoever_connects_and_says_nothing_does_not_stop_a_keeper(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Kept(stand_in, "")
    keeper.wait_created()
    monkeypatch.chdir(keeper.layout.directory)  # for a socket's path may have 108 bytes
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(keeper.layout.control.name)
        keeper.tell("")
        assert keeper.process.wait(timeout=120) == 0
    assert record.load("a") is None


def test_a_registry_that_ends_is_started_again(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry_front.install(tmp_path, monkeypatch)
    pids = tmp_path / "pids"
    serve = f"echo $$ >> {pids}; exec sleep 1000"
    stand_in("docker-registry", f'[ "$1" = --version ] && echo github.com/distribution || {{ {serve}; }}')
    keeper = Kept(stand_in, "")
    registry.prepare(keeper.layout.registry, "127.0.0.1", 1)
    keeper.wait_created()
    keeper.tell("registry\nkeep\n")

    def wait_begun(times: int) -> int:
        wait.until(lambda: len(_read(pids).split()) == times, seconds=120, outcome="start")
        return int(_read(pids).split()[-1])

    os.kill(wait_begun(1), signal.SIGKILL)
    again = wait_begun(2)
    provider("kind").delete("a")
    assert keeper.process.wait(timeout=120) == 0
    assert not is_running(str(again))


def test_who_works_on_a_cluster_learns_of_its_end_and_why(stand_in: StandIn) -> None:
    keeper = Kept(stand_in, "")
    keeper.wait_created()
    attached = provider("kind").attach("a")
    assert attached is not None
    assert provider("kind").loss("a") is None
    watch = attached.watch_end()
    keeper.process.kill()
    lost = watch.wait()
    assert lost is not None
    assert "its keeper was killed" in lost.reason
    loss = wait.until(
        lambda: provider("kind").loss("a"), seconds=120, outcome="be noticed"
    )  # its sockets close one by one
    assert str(loss) == str(lost)
    assert provider("kind").loss("b") is None, "there is none"
    keeper.tell("")
    keeper.process.wait()


def test_who_works_on_a_cluster_learns_that_another_deleted_it(stand_in: StandIn) -> None:
    keeper = Kept(stand_in, "")
    keeper.wait_created()
    keeper.tell("keep\n")
    attached = provider("kind").attach("a")
    assert attached is not None
    watch = attached.watch_end()
    provider("kind").delete("a")
    lost = watch.wait()
    assert lost is not None
    assert "was deleted by another command" in lost.reason
    assert keeper.process.wait(timeout=120) == 0


def test_a_command_that_has_ended_is_not_killed_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = shell.start(["true"])
    ended.wait()
    monkeypatch.setattr(os, "killpg", lambda *_: pytest.fail("its number may be somebody else's"))
    keeper._kill_group(ended)


def test_what_a_killed_keeper_left_is_deleted_by_its_record(stand_in: StandIn, tmp_path: Path) -> None:
    keeper = Kept(stand_in, "")
    keeper.wait_created()
    keeper.process.kill()
    keeper.tell("")
    keeper.process.wait()
    assert provider("kind").state("a") is State.ENDED
    provider("kind").delete("a")
    assert commands(tmp_path, "kind")[-1] == delete(keeper.layout)
    assert record.load("a") is None


def test_a_record_stays_while_the_cluster_could_not_be_deleted(stand_in: StandIn) -> None:
    keeper = Kept(stand_in, '[ "$1" = create ]')
    keeper.wait_created()
    keeper.process.send_signal(signal.SIGKILL)
    keeper.tell("")
    keeper.process.wait()
    with pytest.raises(LabError, match="delete cluster"):
        provider("kind").delete("a")
    assert record.load("a") is not None, "the next command tries again"


def test_kinds_own_commands_end_though_their_parents_were_killed(stand_in: StandIn, tmp_path: Path) -> None:
    keeper = Kept(stand_in, f'if [ "$1" = create ]; then sleep 1000 & echo $! > {tmp_path}/child; wait; fi')
    child = wait.until(lambda: _read(tmp_path / "child"), seconds=120, outcome="start")
    keeper.process.kill()
    keeper.tell("")
    keeper.process.wait()
    assert is_running(child), "it goes on without its parent"
    provider("kind").delete("a")
    assert not is_running(child)
    assert record.load("a") is None


def test_a_container_that_docker_is_still_making_is_waited_for_and_removed(stand_in: StandIn, tmp_path: Path) -> None:
    # Its name is taken until the second time somebody asks for it.
    taken = f'[ "$1" = create ] && ! [ -e {tmp_path}/once ] && {{ touch {tmp_path}/once; exit 1; }}'
    keeper = Kept(stand_in, "sleep 1000", docker=taken)
    wait.until(lambda: commands(tmp_path, "kind"), seconds=120, outcome="start")
    stand_in("kind", "")
    keeper.tell("")
    assert keeper.process.wait(timeout=120) == 0
    cluster = keeper.layout.cluster
    create = f"create --pull=never --name={cluster}-control-plane --label=io.x-k8s.kind.cluster={cluster} image"
    remove = f"rm --force --volumes {cluster}-control-plane"
    assert [line for line in commands(tmp_path, "docker") if line in (create, remove)] == [create, remove] * 2
    assert commands(tmp_path, "kind")[-1] == delete(keeper.layout)


def test_what_nobody_asked_to_keep_is_swept_and_what_somebody_did_stays(stand_in: StandIn, tmp_path: Path) -> None:
    keeper = Kept(stand_in, "")
    keeper.wait_created()
    messages: list[str] = []
    sweep(lambda line: messages.append(line))
    assert not messages, "its keeper lives"
    keeper.process.kill()
    keeper.tell("")
    keeper.process.wait()
    saved = record.load("a")
    assert saved is not None
    record.save(replace(saved, kept=True))
    sweep(lambda line: messages.append(line))
    assert record.load("a") is not None
    record.save(replace(saved, kept=False))
    sweep(lambda line: messages.append(line))
    assert record.load("a") is None
    assert messages == ["deleting what lab a left"]


def test_what_cannot_be_swept_is_told_and_stays_for_another_time(stand_in: StandIn) -> None:
    keeper = Kept(stand_in, '[ "$1" = create ]')
    keeper.wait_created()
    keeper.process.kill()
    keeper.tell("")
    keeper.process.wait()
    messages: list[str] = []
    sweep(lambda line: messages.append(line))
    assert "delete cluster" in messages[-1]
    assert record.load("a") is not None


def test_a_keeper_that_was_killed_is_told_of_as_such(stand_in: StandIn) -> None:
    keeper = Kept(stand_in, "")
    keeper.wait_created()
    keeper.process.kill()
    keeper.process.wait()
    cluster = KindProvider()._cluster(keeper.layout, keeper.process)
    with pytest.raises(LabError, match="something killed it"):
        cluster.keep()
    cluster.delete()
    assert record.load("a") is None


def _read(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""
