"""Labs made by kind: killed at any moment they leave nothing, and never touch what is not theirs."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from pathlib import Path

import pytest
from pykube.objects import Node
from pytest_kind.cluster import KindCluster

from lab_helpers import shell, wait
from lab_helpers.cluster.at_hand import attached
from lab_helpers.cluster.kind.creation import node_image
from lab_helpers.images import registry, stand_ins
from lab_helpers.workbook.room import building
from tests import autoscaling
from tests.commands import Run, Start, read_until
from tests.kills import Ground, Kill, kills, strike
from tests.kind.conftest import driven
from tests.kind.remains import assert_nothing_remains, daemon, located, remains
from tests.unit.app import pipeline

pytestmark = [pytest.mark.kind, pytest.mark.timeout(900)]

GROUND = Ground("kind", {"up": 40.0, "run": 60.0}, 30.0, remains)


def up(name: str) -> tuple[str, ...]:
    return ("up", "--provider", "kind", "--name", name)


def keeper(name: str) -> int:
    return next(int(line.split()[1]) for line in remains(name) if "kind.keeper" in line)


def test_a_lab_lives_until_it_is_taken_down(
    name: str, foreign: KindCluster, lab: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_bytes(foreign.kubeconfig_path.read_bytes())
    monkeypatch.setenv("KUBECONFIG", str(theirs))
    creation = lab(*up(name))
    assert creation.returncode == 0, creation.stderr
    kubeconfig = Path(lab("kubeconfig", "--name", name).stdout.strip())
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
    classes = json.loads(
        shell.run(["kubectl", f"--kubeconfig={kubeconfig}", "get", "storageclass", "-o", "json"]).stdout
    )["items"]
    default = "storageclass.kubernetes.io/is-default-class"
    assert [
        storage_class["metadata"]["name"]
        for storage_class in classes
        if storage_class["metadata"]["annotations"].get(default) == "true"
    ] == ["local-path"]
    with daemon() as client:
        node = client.containers.get(f"{located(name).cluster}-control-plane")
        ports, networks = node.ports, list(node.attrs["NetworkSettings"]["Networks"])
    assert networks == [located(name).cluster], "a network of its own, which goes with it"
    assert {bound["HostIp"] for bindings in ports.values() for bound in bindings or []} == {"127.0.0.1"}
    again = lab(*up(name))
    assert again.returncode == 1
    assert "is running already" in again.stderr
    assert json.loads(lab("status", "--json", "--name", name).stdout)[0]["state"] == "running"

    assert lab("down", "--name", name).returncode == 0
    assert remains(name) == [], "`lab down` returns when nothing is left"
    assert theirs.read_bytes() == foreign.kubeconfig_path.read_bytes()


def test_a_learners_shell_builds_with_docker_and_pushes_to_the_labs_registry(
    name: str, lab: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lab(*up(name)).returncode == 0
    monkeypatch.setattr(stand_ins, "make", lambda _builder, _report: None)
    cluster = attached(name)
    building.prepare(cluster, lambda _: None)
    repository = pipeline.make(tmp_path)
    repository.release("content")
    variables = {"PATH": os.environ["PATH"], "IMAGE_REPOSITORY": "org/learned", **building.variables(cluster)}
    for command in ("build", "push"):
        completed = repository.run(command, **variables)
        assert completed.returncode == 0, completed.stderr
    digest = registry.digest(cluster.registry, "org/learned", "v1.0.0")
    assert f"/org/learned:v1.0.0@{digest}" in completed.stdout
    repository.release("other content")
    assert repository.run("build", **variables).returncode == 0
    refused = repository.run("push", **variables)
    assert refused.returncode != 0
    assert "denied: the tag v1.0.0 of org/learned names another image already" in refused.stderr


def test_pytest_kind_drives_the_same_cluster(
    name: str, lab: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()  # where pykube leaves the credentials it is given
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    assert lab(*up(name)).returncode == 0
    kubeconfig = Path(lab("kubeconfig", "--name", name).stdout.strip())
    before = kubeconfig.read_bytes()
    cluster_name = json.loads(lab("status", "--json", "--name", name).stdout)[0]["cluster"]
    cluster = driven(cluster_name, kubeconfig, tmp_path)
    cluster.create()  # finds it, and makes none
    nodes = json.loads(cluster.kubectl("get", "nodes", "-o", "json"))["items"]
    assert [node["metadata"]["name"] for node in nodes] == [f"{cluster_name}-control-plane"]
    assert [node.name for node in Node.objects(cluster.api)] == [f"{cluster_name}-control-plane"]
    assert kubeconfig.read_bytes() == before
    assert not list((tmp_path / ".pytest-kind" / cluster_name).iterdir()), "nothing was downloaded"
    assert lab("down", "--name", name).returncode == 0
    assert remains(name) == []


@pytest.mark.timeout(3600)
def test_the_workbook_passes(name: str, lab: Run, tmp_path: Path) -> None:
    run = lab("run", "--provider", "kind", "--name", name, "--output", str(tmp_path), seconds=3000)
    assert run.returncode == 0, run.stderr + run.stdout
    assert remains(name) == [], "the run's own cluster goes with it"


def test_metrics_server_measures_and_scales(name: str, lab: Run) -> None:
    created = lab(*up(name))
    assert created.returncode == 0, created.stderr
    autoscaling.prove(attached(name), lab)


@pytest.mark.parametrize("moment", ["creating the cluster", "starting the registry", "waiting for DNS"])
def test_a_killed_creation_leaves_nothing(name: str, start: Start, moment: str) -> None:
    creation = start(*up(name))
    read_until(creation, moment)
    wait.until(lambda: any("container" in line for line in remains(name)), seconds=60, outcome="have a container")
    creation.kill()
    creation.wait()
    assert_nothing_remains(name)


def test_an_interrupted_creation_says_so_and_leaves_nothing(name: str, start: Start) -> None:
    creation = start(*up(name))
    read_until(creation, "creating the cluster")
    creation.send_signal(signal.SIGINT)
    _, said = creation.communicate(timeout=60)
    assert creation.returncode == 130
    assert "Traceback" not in said
    assert remains(name) == []


def test_what_a_killed_keeper_leaves_goes_with_the_next_command(name: str, lab: Run) -> None:
    assert lab(*up(name)).returncode == 0
    os.kill(keeper(name), signal.SIGKILL)
    wait.until(lambda: not any("process" in line for line in remains(name)), seconds=10, outcome="lose its processes")
    assert json.loads(lab("status", "--json", "--name", name).stdout)[0]["state"] == "ended"
    assert lab("down", "--name", name).returncode == 0
    assert remains(name) == []


def test_another_accounts_lab_of_the_same_name_is_another_lab(
    name: str, lab: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert lab(*up(name)).returncode == 0
    with monkeypatch.context() as theirs:
        theirs.setenv("XDG_STATE_HOME", str(tmp_path))
        creation = lab(*up(name))
        down = lab("down", "--name", name)
        assert creation.returncode == 0, creation.stderr
        assert down.returncode == 0, down.stderr
        assert remains(name) == []
    kubeconfig = lab("kubeconfig", "--name", name).stdout.strip()
    assert shell.run(["kubectl", f"--kubeconfig={kubeconfig}", "get", "--raw=/readyz"]).stdout == "ok"
    assert lab("down", "--name", name).returncode == 0


@pytest.mark.parametrize("labels", [{"io.x-k8s.kind.cluster": "another"}, {}], ids=["kind", "container"])
def test_a_cluster_of_that_name_that_is_not_the_labs_is_refused_and_stays(
    name: str, lab: Run, labels: dict[str, str]
) -> None:
    with daemon() as client:
        cluster_name = located(name).cluster
        network = client.networks.create(cluster_name)
        container = client.containers.create(node_image(), name=f"{cluster_name}-control-plane", labels=labels)
        try:
            refused = lab(*up(name))
            assert refused.returncode == 1
            assert "this lab did not make it" in refused.stderr
            assert lab("down", "--name", name).returncode == 0
            assert client.containers.get(str(container.id)).status == "created"
            assert client.networks.get(str(network.id)).name == cluster_name
        finally:
            container.remove(v=True)
            network.remove()


def test_a_container_that_docker_has_still_to_make_goes_with_the_next_command(
    name: str, lab: Run, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, slow, marker = shell.find("docker"), tmp_path / "docker", tmp_path / "asked"
    slow.write_text(f'#!/bin/sh\nif [ "$1" = run ]; then touch {marker}; sleep 5; fi\nexec {real} "$@"\n')
    slow.chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        creation = start(*up(name))
        wait.until(marker.exists, seconds=60, outcome="be asked for a container", object="docker")
    os.kill(keeper(name), signal.SIGKILL)
    creation.kill()
    creation.wait()
    assert any("--name lab-" in line for line in remains(name)), "kind's command goes on without kind"
    assert lab("down", "--name", "another").returncode == 0
    assert remains(name) == []


@pytest.mark.parametrize("kill", kills(), ids=str)
def test_a_lab_killed_at_a_random_moment_leaves_nothing(kill: Kill, name: str, tmp_path: Path) -> None:
    strike(kill, name, GROUND, tmp_path)
