"""Labs made by kind: killed at any moment they leave nothing, and never touch what is not theirs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_kind.cluster import KindCluster

from lab_helpers import shell, wait
from lab_helpers.cluster.kind.creation import node_image
from tests.kind.conftest import Lab
from tests.kind.remains import assert_nothing_remains, docker, remains

pytestmark = [pytest.mark.kind, pytest.mark.timeout(900)]

Start = Callable[..., subprocess.Popen[str]]


def up(name: str) -> tuple[str, ...]:
    return ("up", "--provider", "kind", "--name", name)


def read_until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stderr is not None
    read = ""
    for line in process.stderr:
        read += line
        if words in line:
            return
    raise AssertionError(f"ended without saying {words!r}:\n{read}")


def test_pytest_kind_drives_a_cluster_of_the_same_shape(foreign: KindCluster) -> None:
    assert "Ready" in foreign.kubectl("get", "nodes", "--no-headers")
    assert foreign.kubectl("get", "pods", "--all-namespaces", "--no-headers")


def test_a_lab_lives_until_it_is_taken_down(name: str, lab: Lab) -> None:
    made = lab(*up(name))
    assert made.returncode == 0, made.stderr
    kubeconfig = Path(lab("kubeconfig", "--name", name).stdout.strip())
    assert kubeconfig.stat().st_mode & 0o777 == 0o600
    classes = json.loads(
        shell.run(["kubectl", f"--kubeconfig={kubeconfig}", "get", "storageclass", "-o", "json"]).stdout
    )["items"]
    default = "storageclass.kubernetes.io/is-default-class"
    assert [one["metadata"]["name"] for one in classes if one["metadata"]["annotations"].get(default) == "true"] == [
        "local-path"
    ]
    ports = json.loads(docker("inspect", "--format={{json .NetworkSettings.Ports}}", f"lab-{name}-control-plane")[0])
    assert {bound["HostIp"] for bindings in ports.values() for bound in bindings or []} == {"127.0.0.1"}
    again = lab(*up(name))
    assert again.returncode == 1
    assert "is running already" in again.stderr
    assert json.loads(lab("status", "--json", "--name", name).stdout)[0]["state"] == "running"

    assert lab("down", "--name", name).returncode == 0
    assert remains(name) == [], "`lab down` returns when nothing is left"


def test_the_workbook_passes(name: str, lab: Lab, tmp_path: Path) -> None:
    run = lab("run", "--provider", "kind", "--name", name, "--output", str(tmp_path), seconds=800)
    assert run.returncode == 0, run.stderr + run.stdout
    assert remains(name) == [], "the run's own cluster goes with it"


@pytest.mark.parametrize("moment", ["creating the cluster", "starting the registry", "waiting for DNS"])
def test_a_killed_creation_leaves_nothing(name: str, start: Start, moment: str) -> None:
    creation = start(*up(name))
    read_until(creation, moment)
    wait.until(lambda: any("container" in one for one in remains(name)), seconds=60, what="have a container")
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


def test_what_a_killed_keeper_leaves_goes_with_the_next_command(name: str, lab: Lab) -> None:
    assert lab(*up(name)).returncode == 0
    keeper = next(int(line.split()[1]) for line in remains(name) if "kind.keeper" in line)
    os.kill(keeper, signal.SIGKILL)
    wait.until(lambda: not any("process" in one for one in remains(name)), seconds=10, what="lose its processes")
    assert json.loads(lab("status", "--json", "--name", name).stdout)[0]["state"] == "ended"
    assert lab("down", "--name", name).returncode == 0
    assert remains(name) == []


def test_a_cluster_of_that_name_that_is_not_the_labs_is_refused_and_stays(name: str, lab: Lab) -> None:
    label = f"--label=io.x-k8s.kind.cluster=lab-{name}"
    container = docker("create", label, f"--name=lab-{name}-control-plane", node_image())[0]
    try:
        refused = lab(*up(name))
        assert refused.returncode == 1
        assert "this lab did not make it" in refused.stderr
        assert lab("down", "--name", name).returncode == 0
        assert docker("inspect", "--format={{.Id}}", container) == [container]
    finally:
        docker("rm", "--volumes", container)
