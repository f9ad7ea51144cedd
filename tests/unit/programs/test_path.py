"""Programs on PATH are used if they tell a version that fits, and only then."""

from pathlib import Path

import pytest

from lab_helpers.errors import LabError
from lab_helpers.programs import ProgramSource, find, missing, programs
from tests.unit.programs.fake_origins import ALL_PROGRAMS, Machine

SERVERS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
ANSWERS = {
    **dict.fromkeys(SERVERS, "Kubernetes v1.37.9"),
    "kubectl": "Client Version: v1.37.0\nKustomize Version: v5.8.1",
    "etcd": "etcd Version: 3.7.0\nGit SHA: 1234567\nGo Version: go1.26.1",
    "containerd": "containerd github.com/containerd/containerd/v2 v2.4.0 1234567",
    "containerd-shim-runc-v2": "containerd-shim-runc-v2:\n  Version:  v2.4.1\n  Go version: go1.26.1",
    "ctr": "ctr github.com/containerd/containerd/v2 2.4.2+unknown",
}


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path, monkeypatch)
    machine.install_go()
    return machine


def test_what_fits_is_taken_from_path_and_only_the_rest_is_built(machine: Machine) -> None:
    for name, answer in ANSWERS.items():
        machine.install(name, f"echo '{answer}'")

    resolved = machine.resolve()

    assert set(resolved) == ALL_PROGRAMS
    assert {name for name, source in resolved.sources.items() if source is ProgramSource.PATH} == set(ANSWERS)
    assert {name for name, source in resolved.sources.items() if source is ProgramSource.BUILD} == ALL_PROGRAMS - set(
        ANSWERS
    )
    assert resolved["kubelet"] == machine.bin / "kubelet"
    assert sorted(map(sorted, machine.builds())) == [
        ["github.com/rancher/local-path-provisioner"],
        ["kubernetes-lab/coredns"],
        ["kubernetes-lab/registry-front"],
    ]


def test_only_what_is_asked_for_is_looked_for_and_built(machine: Machine) -> None:
    assert set(machine.resolve("kubectl")) == {"kubectl"}
    assert machine.builds() == [{"k8s.io/kubernetes/cmd/kubectl"}]


def test_nothing_is_built_where_one_only_looks(machine: Machine) -> None:
    machine.install("etcd", f"echo '{ANSWERS['etcd']}'")
    assert dict(find("etcd", "kubelet")) == {"etcd": machine.bin / "etcd"}
    assert missing("etcd", "kubelet") == ("kubelet",)
    assert machine.builds() == []


def test_a_program_that_no_directory_declares_is_an_error_with_those_that_are(machine: Machine) -> None:
    with pytest.raises(LabError, match="no directory") as caught:
        machine.resolve("kubectl", "kubctl")
    assert caught.value.object == "kubctl"
    assert "kubectl" in caught.value.next_step
    assert machine.builds() == []


def test_what_fits_on_path_comes_before_the_cache(machine: Machine) -> None:
    assert machine.resolve().sources["etcd"] is ProgramSource.BUILD
    machine.install("etcd", f"echo '{ANSWERS['etcd']}'")

    resolved = machine.resolve()

    assert resolved.sources["etcd"] is ProgramSource.PATH
    assert resolved.sources["containerd"] is ProgramSource.CACHE


@pytest.mark.parametrize(
    "script",
    [
        "echo 'Kubernetes v1.36.12'",
        "echo 'Kubernetes v1.38.0'",
        "echo 'Kubernetes v2.37.1'",
        "echo 'no version here'",
        "echo 'Kubernetes v1.37.1'; exit 1",
        "while :; do :; done",
    ],
    ids=["older", "newer", "other major", "silent", "failing", "hanging"],
)
def test_what_does_not_fit_is_passed_over(machine: Machine, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    monkeypatch.setattr(programs, "_PATIENCE", 0.5)
    machine.install("kubelet", script)

    assert missing("kubelet") == ("kubelet",)
    assert machine.resolve().sources["kubelet"] is ProgramSource.BUILD


@pytest.mark.parametrize("name", ["coredns", "local-path-provisioner"])
def test_what_runs_in_a_pod_is_not_taken_from_path(machine: Machine, name: str) -> None:
    program = next(iter(programs.select([name])))
    machine.install(name, f"echo '{name} v{program.module.version}'")

    assert machine.resolve().sources[name] is ProgramSource.BUILD
