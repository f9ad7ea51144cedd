"""What stands in for pytest-kind's fixture: it shows all that pytest-kind's own shows, and takes what that takes."""

from __future__ import annotations

import inspect
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_kind

from lab_helpers.errors import NotSupported
from lab_helpers.testing.fixture import LabFixture
from lab_helpers.testing.kind_cluster import KindCluster
from tests.unit.kube.api_server import ApiServer, write_kubeconfig

KUBECTL = """#!/bin/sh
case "$1" in
  fail) echo broken >&2; exit 3 ;;
  hang) exec sleep 60 ;;
  apply) cat ;;
  where) pwd; echo "$KUBECONFIG $MINE" ;;
  both) echo out; echo err >&2 ;;
esac
"""


@pytest.fixture
def ours(tmp_path: Path, api: ApiServer) -> KindCluster:
    (tmp_path / "cluster").mkdir()
    (tmp_path / "password").write_text("correct-horse-battery")
    kubeconfig = write_kubeconfig(tmp_path / "cluster", api.port)
    registry = SimpleNamespace(password="correct-horse-battery")
    cluster: Any = SimpleNamespace(
        name="a", provider="embedded", kubeconfig=kubeconfig, directory=tmp_path, registry=registry
    )
    lab = LabFixture(cluster)
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(KUBECTL)
    kubectl.chmod(0o755)
    lab.kubectl_path = kubectl
    return KindCluster(lab)


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest_kind.KindCluster:
    monkeypatch.chdir(tmp_path)  # it makes a directory
    return pytest_kind.KindCluster("a")


def public(instance: object) -> set[str]:
    return {name for name in dir(instance) if not name.startswith("_")}


def test_everything_theirs_shows_is_there(theirs: pytest_kind.KindCluster) -> None:
    shown = public(theirs) | {"api"}  # which is there once it is created
    instance_attributes = {
        "name",
        "image",
        "kubeconfig_path",
        "platform",
    }  # what ours has only as an instance, as its docstring says
    assert shown - public(KindCluster) == instance_attributes


def test_what_theirs_holds_is_of_the_same_types(ours: KindCluster, theirs: pytest_kind.KindCluster) -> None:
    for name in ("name", "platform"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.image is theirs.image is None
    for name in ("path", "kubeconfig_path", "kubectl_path"):
        assert isinstance(getattr(ours, name), Path)
    assert ours.path.is_dir()


METHODS = [name for name, _ in inspect.getmembers(pytest_kind.KindCluster, inspect.isfunction) if name[0] != "_"]


@pytest.mark.parametrize("name", METHODS)
def test_each_method_takes_what_theirs_takes(name: str) -> None:
    parameters = inspect.signature(getattr(pytest_kind.KindCluster, name)).parameters
    taken = inspect.signature(getattr(KindCluster, name)).parameters
    named = {
        parameter.name: (parameter.kind, parameter.default)
        for parameter in parameters.values()
        if parameter.kind is not parameter.VAR_KEYWORD
    }
    assert {
        parameter: (taken[parameter].kind, taken[parameter].default) for parameter in named if parameter in taken
    } == named


@pytest.mark.parametrize("option", ["input", "timeout", "cwd", "env", "stderr"])
def test_kubectl_takes_what_subprocess_takes(option: str) -> None:
    assert option in inspect.signature(KindCluster.kubectl).parameters
    everything = {*inspect.signature(subprocess.run).parameters, *inspect.signature(subprocess.Popen).parameters}
    assert option in everything


def test_kubectl_is_one_that_can_be_run_by_oneself(ours: KindCluster) -> None:
    assert subprocess.run([ours.kubectl_path, "both"], capture_output=True, check=True).stdout == b"out\n"
    ours.ensure_kubectl()


def test_kubectl_does_what_it_is_told(ours: KindCluster, tmp_path: Path) -> None:
    assert ours.kubectl("apply", input="manifest") == "manifest"
    output = ours.kubectl("where", cwd=str(tmp_path), env={"MINE": "here"})
    assert output == f"{tmp_path}\n{ours.kubeconfig_path} here\n"
    assert ours.kubectl("both") == "out\n"
    assert ours.kubectl("both", stderr=subprocess.STDOUT) == "out\nerr\n"


def test_kubectl_fails_as_theirs_does(ours: KindCluster) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        ours.kubectl("fail")
    assert failed.value.returncode == 3
    assert failed.value.output == "broken\n"
    with pytest.raises(subprocess.TimeoutExpired):
        ours.kubectl("hang", timeout=0.2)


def test_the_api_is_pykubes(ours: KindCluster, api: ApiServer) -> None:
    api.on("GET", "/version/", lambda call: call.answer({"major": "1", "minor": "37"}))
    assert ours.api.version == ("1", "37")


@pytest.mark.parametrize("ask", [lambda ours: ours.kind_path, lambda ours: ours.ensure_kind()])
def test_a_cluster_that_kind_did_not_make_has_no_kind(ours: KindCluster, ask: Callable[[KindCluster], object]) -> None:
    with pytest.raises(NotSupported, match="was not made by kind"):
        ask(ours)


def test_making_and_deleting_it_is_the_sessions(ours: KindCluster) -> None:
    ours.create("config.yaml")
    ours.delete()
    assert ours.kubeconfig_path.exists()
