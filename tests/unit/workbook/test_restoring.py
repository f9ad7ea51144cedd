"""One file, or the files of one step, can be had back; nothing else is touched and no work is lost."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import LabError, paths
from lab_helpers.cluster.base import Cluster
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.learner import progress, restoring
from lab_helpers.workbook.learner.workspace import prepare

_OVERLAY = "infra/k8s/overlays/staging/kustomization.yaml"


@pytest.fixture
def cluster() -> Cluster:
    registry = SimpleNamespace(root="ghcr.io", localize=lambda text: text)
    told = {"name": "lab", "registry": registry, "capabilities": frozenset(), "storage_class": "local-path"}
    for notebook in outlines.notebooks():
        prepare(outlines.load(notebook), "lab")
    return cast(Cluster, SimpleNamespace(**told))


@pytest.fixture
def workspace() -> Path:
    return paths.workspace_directory("lab")


def test_a_deleted_file_comes_back_and_others_stay(cluster: Cluster, workspace: Path) -> None:
    (workspace / "03_cluster/pull.yaml").unlink()
    (workspace / "03_cluster/claim.yaml").write_text("mine\n")
    done = restoring.restore(cluster, "pull.yaml")
    assert (done.files, done.kept) == ((Path("pull.yaml"),), None)
    assert "name: pull" in (workspace / "03_cluster/pull.yaml").read_text()
    assert (workspace / "03_cluster/claim.yaml").read_text() == "mine\n"
    assert restoring.restore(cluster, "pull.yaml").files == ()


def test_what_stood_in_its_place_is_kept(cluster: Cluster, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = workspace / "05_first_deploy"
    (own / _OVERLAY).unlink()
    (own / _OVERLAY).mkdir()
    (own / _OVERLAY / "notes").write_text("mine\n")
    monkeypatch.chdir(own / "infra/k8s")
    done = restoring.restore(cluster, "overlays/staging/kustomization.yaml")
    assert "newTag: v1.0.0" in (own / _OVERLAY).read_text()
    assert done.kept is not None
    assert (done.kept / _OVERLAY / "notes").read_text() == "mine\n"


def test_a_file_of_two_notebooks_is_that_of_the_one_at_hand(cluster: Cluster, workspace: Path) -> None:
    progress.fresh("lab", "05_first_deploy", "uid").write()
    (workspace / "03_cluster" / _OVERLAY).parent.mkdir(parents=True, exist_ok=True)
    (workspace / "03_cluster" / _OVERLAY).write_text("")
    (workspace / "05_first_deploy" / _OVERLAY).write_text("")
    assert restoring.restore(cluster, _OVERLAY).workspace == workspace / "05_first_deploy"
    assert (workspace / "03_cluster" / _OVERLAY).read_text() == ""


def test_a_step_has_its_files_as_they_were_when_it_began(cluster: Cluster, workspace: Path) -> None:
    own = workspace / "05_first_deploy"
    (own / _OVERLAY).write_text("broken: [\n")
    (own / "infra/k8s/base").rename(own / "elsewhere")
    (own / "infra/k8s/base").write_text("a file where a directory belongs")
    (own / "notes.txt").write_text("mine\n")
    done = restoring.restore(cluster, "5.5")
    assert "newTag: v1.1.0" in (own / _OVERLAY).read_text(), "5.4 has gone back to it, after its check"
    assert (own / "infra/k8s/base/deployments/prj-02.yaml").is_file()
    assert (own / "notes.txt").read_text() == "mine\n"
    assert done.kept is not None
    assert (done.kept / _OVERLAY).read_text() == "broken: [\n"
    assert (done.kept / "infra/k8s/base").is_file()


@pytest.mark.parametrize("what", ["nothing.yaml", "../03_cluster", "/etc/passwd", "."])
def test_what_no_notebook_gives_is_refused(cluster: Cluster, what: str) -> None:
    with pytest.raises(LabError, match="no file that a notebook gives"):
        restoring.restore(cluster, what)


def test_a_step_that_is_none_is_refused(cluster: Cluster) -> None:
    with pytest.raises(LabError, match="is no step of this lab"):
        restoring.restore(cluster, "3.9")
