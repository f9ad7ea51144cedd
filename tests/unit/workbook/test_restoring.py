"""One file, or the files of one step, can be had back; nothing else is touched and no work is lost."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import LabError, paths, shell
from lab_helpers.cluster.base import Cluster
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.learner import git, progress, restoring
from lab_helpers.workbook.learner.workspace import prepare

_IN_INFRA = "k8s/overlays/staging/prj-02/kustomization.yaml"
_OVERLAY = f"infra/{_IN_INFRA}"


def _git(directory: Path, *arguments: str) -> str:
    return shell.run(["git", *arguments], cwd=directory, env=git.author(None)).stdout.strip()


def _kept_branches(workspace: Path) -> list[str]:
    return _git(workspace / "infra", "branch", "--list", "kept/*", "--format=%(refname:short)").splitlines()


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspaces of all notebooks at their beginning, with repositories that take twenty seconds to make."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("begun")))
        for notebook in outlines.notebooks():
            prepare(outlines.load(notebook), "lab")
        return paths.workspace_directory("lab")


@pytest.fixture
def cluster(begun: Path) -> Cluster:
    registry = SimpleNamespace(root="ghcr.io", localize=lambda text: text)
    attributes = {"name": "lab", "registry": registry, "capabilities": frozenset(), "storage_class": "local-path"}
    shutil.copytree(begun, paths.workspace_directory("lab"), symlinks=True)
    return cast(Cluster, SimpleNamespace(**attributes))


@pytest.fixture
def workspace() -> Path:
    return paths.workspace_directory("lab")


@pytest.fixture
def own(workspace: Path) -> Path:
    """The workspace of notebook 05, which the learner works in."""
    progress.fresh("lab", "05_first_deploy", "uid").write()
    return workspace / "05_first_deploy"


def test_a_deleted_file_comes_back_and_others_stay(cluster: Cluster, workspace: Path) -> None:
    (workspace / "03_cluster/pull.yaml").unlink()
    (workspace / "03_cluster/claim.yaml").write_text("mine\n")
    done = restoring.restore(cluster, "pull.yaml")
    assert (done.files, done.remarks) == ((Path("pull.yaml"),), ())
    assert "name: pull" in (workspace / "03_cluster/pull.yaml").read_text()
    assert (workspace / "03_cluster/claim.yaml").read_text() == "mine\n"
    assert restoring.restore(cluster, "pull.yaml").files == ()


def test_what_stood_in_its_place_is_kept(cluster: Cluster, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = workspace / "05_first_deploy"
    (own / _OVERLAY).unlink()
    (own / _OVERLAY).mkdir()
    (own / _OVERLAY / "notes").write_text("mine\n")
    monkeypatch.chdir(own / "infra/k8s")
    done = restoring.restore(cluster, "overlays/staging/prj-02/kustomization.yaml")
    assert "newTag: v1.0.0" in (own / _OVERLAY).read_text()
    (branch,) = _kept_branches(own)
    assert branch in done.remarks[0]
    assert _git(own / "infra", "show", f"{branch}:{_IN_INFRA}/notes") == "mine"


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
    (branch,) = _kept_branches(own)
    assert branch in done.remarks[0]
    assert _git(own / "infra", "show", f"{branch}:{_IN_INFRA}") == "broken: ["
    assert _git(own / "infra", "show", f"{branch}:k8s/base") == "a file where a directory belongs"


@pytest.mark.parametrize("target", ["nothing.yaml", "../03_cluster", "/etc/passwd", "."])
def test_what_no_notebook_gives_is_refused(cluster: Cluster, target: str) -> None:
    with pytest.raises(LabError, match="no file that a notebook gives"):
        restoring.restore(cluster, target)


def test_a_step_that_is_none_is_refused(cluster: Cluster) -> None:
    with pytest.raises(LabError, match="is no step of this lab"):
        restoring.restore(cluster, "3.9")


def test_a_file_given_back_is_a_commit_of_its_own(cluster: Cluster, own: Path) -> None:
    (own / _OVERLAY).write_text("mine: 1\n")
    _git(own / "infra", "commit", "-qam", "Mine")
    (own / "infra/README.md").write_text("staged, and of nobody's concern here\n")
    _git(own / "infra", "add", "README.md")
    done = restoring.restore(cluster, _OVERLAY)
    assert done.files == (Path(_OVERLAY),)
    assert _git(own / "infra", "log", "-2", "--format=%s").splitlines() == [f"Give back {_IN_INFRA}", "Mine"]
    assert _git(own / "infra", "status", "--porcelain") == "M  README.md", "what was staged still is"


def test_a_link_is_replaced_and_what_it_leads_to_untouched(cluster: Cluster, own: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("theirs\n")
    (own / _OVERLAY).unlink()
    (own / _OVERLAY).symlink_to(tmp_path / "elsewhere")
    restoring.restore(cluster, _OVERLAY)
    assert (tmp_path / "elsewhere").read_text() == "theirs\n"
    assert not (own / _OVERLAY).is_symlink()


def test_a_repository_whose_git_directory_is_gone_is_one_again(cluster: Cluster, own: Path) -> None:
    (own / _OVERLAY).write_text("mine: 1\n")
    shutil.rmtree(own / "infra/.git")
    done = restoring.restore(cluster, "infra/.git")
    assert (done.files, done.remarks[0][:27]) == ((), "infra had no .git any more:")
    assert (own / _OVERLAY).read_text() == "mine: 1\n"
    assert _IN_INFRA in _git(own / "infra", "diff", "--name-only").splitlines(), "not committed, as it was"


def test_a_repository_that_was_made_anew_keeps_its_commits(cluster: Cluster, own: Path) -> None:
    shutil.rmtree(own / "infra/.git")
    _git(own / "infra", "init", "-q", "-b", "main")
    _git(own / "infra", "add", ".")
    _git(own / "infra", "commit", "-qm", "Mine, from the beginning")
    restoring.restore(cluster, "infra/.git")
    (branch,) = _kept_branches(own)
    assert _git(own / "infra", "log", "-1", "--format=%s", branch) == "Mine, from the beginning"


def test_a_repository_that_another_git_works_in_is_left_alone(cluster: Cluster, own: Path) -> None:
    (own / _OVERLAY).write_text("mine: 1\n")
    (own / "infra/.git/index.lock").touch()
    with pytest.raises(LabError, match="another git is at work") as locked:
        restoring.restore(cluster, _OVERLAY)
    assert locked.value.next_step.startswith(f"rm -f {own}/infra/.git/index.lock")
    assert (own / _OVERLAY).read_text() == "mine: 1\n"


def test_what_is_given_back_is_what_the_phase_began_with(cluster: Cluster, own: Path) -> None:
    (own / _OVERLAY).write_text("of the phase before\n")
    _git(own / "infra", "commit", "-qam", "As finished in the phase before")
    _git(own / "infra", "update-ref", "refs/lab/start", "HEAD")
    (own / _OVERLAY).write_text("broken\n")
    restoring.restore(cluster, _OVERLAY)
    assert (own / _OVERLAY).read_text() == "of the phase before\n"
