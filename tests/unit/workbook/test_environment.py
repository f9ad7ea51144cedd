"""The cluster behind a notebook, and what any tool finds it by."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import shell
from lab_helpers.cluster import choose
from lab_helpers.cluster.base import Cluster
from lab_helpers.workbook.room import environment, shell_programs


class _Maker:
    """Has no cluster, and makes one that notes whether it was kept."""

    def __init__(self) -> None:
        self.keeping: list[str] = []

    def attach(self, _name: str) -> None:
        return None

    def create(self, name: str, _report: object, _base: object, _on_registry: object) -> SimpleNamespace:
        return SimpleNamespace(name=name, provider="existing", keep=lambda: self.keeping.append(name))


@pytest.mark.parametrize(("room", "names"), [("room", ["lab"]), ("", [])])
def test_a_cluster_that_a_room_makes_again_stays_when_its_kernel_ends(
    monkeypatch: pytest.MonkeyPatch, room: str, names: list[str]
) -> None:
    maker = _Maker()
    monkeypatch.setattr(choose, "provider_of", lambda *_: maker)
    monkeypatch.setattr(environment, "_OWN_CLUSTERS", {})
    if room:
        monkeypatch.setenv("LAB_ROOM", room)
    assert environment.attach_or_create("auto", "lab", lambda _: None).name == "lab"
    assert maker.keeping == names


def test_what_this_process_holds_of_a_cluster_that_has_ended_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    released: list[str] = []
    monkeypatch.setattr(choose, "provider_of", lambda *_: _Maker())
    monkeypatch.setattr(
        environment,
        "_OWN_CLUSTERS",
        {name: SimpleNamespace(let_go=lambda name=name: released.append(name)) for name in ("lab", "another")},
    )
    environment.attach_or_create("auto", "lab", lambda _: None)
    assert released == ["lab"]
    assert environment._OWN_CLUSTERS["lab"].name == "lab"


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    monkeypatch.setattr(shell_programs, "link", lambda _cluster, _report, *_names: tmp_path / "bin")
    monkeypatch.setattr(environment, "pull_secret", lambda _: tmp_path / "config.json")
    registry = SimpleNamespace(address="127.83.0.1", hostname="ghcr.io")
    cluster = SimpleNamespace(kubeconfig=tmp_path / "kubeconfig", directory=tmp_path, registry=registry, entry=None)
    return environment.variables(cast(Cluster, cluster), lambda _: None)


def test_a_kubectl_whose_kubeconfig_is_gone_speaks_to_nobody(variables: dict[str, str]) -> None:
    server = variables["KUBERNETES_MASTER"]
    assert server == "http://127.0.0.1:0", "nobody can listen there; its default is localhost:8080"


def _author(directory: Path, variables: dict[str, str]) -> str:
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "Begin"]):
        shell.run(
            ["git", *command], cwd=directory, env={**variables, "HOME": str(directory), "PATH": os.environ["PATH"]}
        )
    return shell.run(["git", "log", "--format=%an <%ae> on %D"], cwd=directory).stdout.strip()


def test_whoever_has_no_name_for_git_has_one_in_a_lab(variables: dict[str, str], tmp_path: Path) -> None:
    assert _author(tmp_path, variables) == "Learner <learner@example.com> on HEAD -> main"


def test_whoever_has_a_name_for_git_keeps_it(variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.com\n")
    assert _author(tmp_path, variables).startswith("Ada <ada@example.com>")


def test_helm_keeps_what_it_notes_in_the_lab(variables: dict[str, str], tmp_path: Path) -> None:
    homes = {name: value for name, value in variables.items() if name.startswith("HELM_")}
    assert sorted(homes) == ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"]
    assert all(Path(value).is_relative_to(tmp_path) for value in homes.values())
