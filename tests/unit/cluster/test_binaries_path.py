"""Programs on PATH are used if they tell a version that fits, and only then."""

from pathlib import Path

import pytest

from lab_helpers import versions
from lab_helpers.programs import Source, missing, modules, programs
from tests.unit.cluster.fake_origins import ALL_PROGRAMS, Machine

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

    found = machine.resolve()

    assert set(found) == ALL_PROGRAMS
    assert {name for name, source in found.sources.items() if source is Source.PATH} == set(ANSWERS)
    assert {name for name, source in found.sources.items() if source is Source.BUILD} == ALL_PROGRAMS - set(ANSWERS)
    assert found["kubelet"] == machine.bin / "kubelet"
    assert sorted(map(sorted, machine.builds())) == [
        ["github.com/rancher/local-path-provisioner"],
        ["kubernetes-lab/embedded-binaries/coredns"],
    ]


def test_only_what_is_asked_for_is_looked_for_and_built(machine: Machine) -> None:
    assert set(machine.resolve("kubectl")) == {"kubectl"}
    assert machine.builds() == [{"k8s.io/kubernetes/cmd/kubectl"}]


def test_what_fits_on_path_comes_before_the_cache(machine: Machine) -> None:
    assert machine.resolve().sources["etcd"] is Source.BUILD
    machine.install("etcd", f"echo '{ANSWERS['etcd']}'")

    found = machine.resolve()

    assert found.sources["etcd"] is Source.PATH
    assert found.sources["containerd"] is Source.CACHE


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

    assert "kubelet" in missing()
    assert machine.resolve().sources["kubelet"] is Source.BUILD


@pytest.mark.parametrize("name", ["coredns", "local-path-provisioner"])
def test_what_runs_in_a_pod_is_not_taken_from_path(machine: Machine, name: str) -> None:
    machine.install(name, f"echo '{name} v{modules.version(f'github.com/{_module(name)}')}'")

    assert machine.resolve().sources[name] is Source.BUILD


def _module(name: str) -> str:
    return {"coredns": "coredns/coredns", "local-path-provisioner": "rancher/local-path-provisioner"}[name]


def test_the_archives_are_of_the_kubernetes_that_go_mod_pins() -> None:
    assert modules.version("k8s.io/kubernetes") == versions.KUBERNETES
    for pinned in versions.SERVER_ARCHIVES.values():
        assert f"v{versions.KUBERNETES}/" in pinned.path
        assert len(pinned.sha512) == 128
        assert f"v{versions.KUBERNETES}" in pinned.source


@pytest.mark.parametrize("program", programs.PROGRAMS, ids=lambda program: program.name)
def test_every_program_is_pinned(program: programs.Program) -> None:
    assert modules.parts(program.version) is not None
