"""A release is proposed as one commit upon origin's main, and nothing of the clone that it is proposed from changes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab_helpers import shell
from lab_helpers.addons import git_server
from lab_helpers.errors import CommandFailed

_PRODUCTION = "k8s/overlays/production/prj-02/kustomization.yaml"

# Its staging serves prj-01 v1.1.0.
_ARGO_CD = """#!/bin/sh
case "$*" in
    *"get applications.argoproj.io "*) echo application.argoproj.io/prj-01-staging ;;
    *"get application.argoproj.io prj-01-staging "*) echo 'Synced, Healthy, ["ghcr.io/org/prj-01:v1.1.0"]' ;;
esac
"""


@pytest.fixture
def clone(deploy_repository: Path, tmp_path: Path) -> Path:
    """The Deploy repository, committed and pushed to an empty one."""
    origin = tmp_path / "origin.git"
    shell.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", origin])
    git(deploy_repository, "init", "--quiet", "--initial-branch=main")
    git(deploy_repository, "config", "user.name", "Learner")
    git(deploy_repository, "config", "user.email", "learner@example.com")
    git(deploy_repository, "add", "--all")
    git(deploy_repository, "commit", "--quiet", "--message", "Begin")
    git(deploy_repository, "remote", "add", "origin", str(origin))
    git(deploy_repository, "push", "--quiet", "--set-upstream", "origin", "main")
    return deploy_repository


def git(repository: Path, *arguments: str) -> str:
    return shell.run(["git", "-C", repository, *arguments]).stdout


def propose(repository: Path, *arguments: str) -> str:
    return shell.run([repository / "_shared/scripts/deploy/propose-release.sh", *arguments]).stdout


def state(repository: Path) -> list[str]:
    """What is checked out, changed and staged in a clone, and its own branches."""
    return [git(repository, "rev-parse", "HEAD"), git(repository, "status", "--porcelain"), git(repository, "branch")]


def change(repository: Path, branch: str) -> list[str]:
    """The lines that a branch of origin changes of its main."""
    git(repository, "fetch", "--quiet", "origin")
    lines = git(repository, "diff", "--unified=0", "origin/main", f"origin/{branch}").splitlines()
    return [line for line in lines if line.startswith(("+", "-"))]


def test_one_line_is_proposed_upon_main(clone: Path) -> None:
    assert "staging, prj-02: v1.0.0 -> v1.1.0" in propose(clone, "prj-02", "staging", "v1.1.0")
    assert change(clone, "release/staging/prj-02-v1.1.0") == [
        "--- a/k8s/overlays/staging/prj-02/kustomization.yaml",
        "+++ b/k8s/overlays/staging/prj-02/kustomization.yaml",
        "-    newTag: v1.0.0",
        "+    newTag: v1.1.0",
    ]


def test_the_tag_of_the_server_beside_it_stays(clone: Path) -> None:
    assert "staging, prj-01: v1.0.0 -> v1.1.0" in propose(clone, "prj-01", "staging", "v1.1.0")
    assert change(clone, "release/staging/prj-01-v1.1.0")[2:] == ["-    newTag: v1.0.0", "+    newTag: v1.1.0"]
    git(clone, "push", "--quiet", "origin", "origin/release/staging/prj-01-v1.1.0:main")
    assert "production, prj-01: v1.0.0 -> v1.1.0" in propose(clone, "prj-01", "production")
    assert change(clone, "release/production/prj-01-v1.1.0")[2:] == ["-    newTag: v1.0.0", "+    newTag: v1.1.0"]


@pytest.mark.parametrize("server", ["v15.0.0", "v15.0.1"])
def test_the_git_server_asks_for_the_projects_own_tag(
    clone: Path, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = Path(git_server.__file__).parent / "manifests/base/hooks/pre-receive"
    (tmp_path / "origin.git/hooks/pre-receive").symlink_to(hook)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/kubectl").write_text(_ARGO_CD)
    (tmp_path / "bin/kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    file = clone / "k8s/overlays/production/prj-01/kustomization.yaml"
    file.write_text(file.read_text().replace("v1.0.0", "v1.1.0").replace("v15.0.0", server))
    git(clone, "commit", "--quiet", "--all", "--message", "Deploy what staging serves")
    git(clone, "push", "--quiet", "origin", "main")
    file.write_text(file.read_text().replace("v1.1.0", "v1.2.0"))
    git(clone, "commit", "--quiet", "--all", "--message", "Deploy what nobody has tried")
    with pytest.raises(CommandFailed, match=r"refused: prj-01 v1\.2\.0 for production"):
        git(clone, "push", "--quiet", "origin", "main")


def test_nothing_of_the_clone_changes(clone: Path) -> None:
    (clone / _PRODUCTION).write_text("half done")
    (clone / "new").touch()
    git(clone, "add", "new")
    before = state(clone)
    propose(clone, "prj-02", "production", "sha-0123abc")
    assert state(clone) == before
    assert change(clone, "release/production/prj-02-sha-0123abc")[-1] == "+    newTag: sha-0123abc"


def test_production_gets_what_staging_has(clone: Path) -> None:
    propose(clone, "prj-02", "staging", "v1.1.0")
    git(clone, "fetch", "--quiet", "origin")
    git(clone, "merge", "--quiet", "--no-ff", "origin/release/staging/prj-02-v1.1.0", "--message", "Accept")
    git(clone, "push", "--quiet", "origin", "main")
    assert "production, prj-02: v1.0.0 -> v1.1.0" in propose(clone, "prj-02", "production")
    assert "staging has prj-02 v1.1.0 already" in propose(clone, "prj-02", "staging", "v1.1.0")


def test_a_proposal_may_be_repeated_and_tried_dry(clone: Path) -> None:
    assert "v1.0.0 -> v1.1.0" in propose(clone, "--dry-run", "prj-02", "staging", "v1.1.0")
    assert "release" not in git(clone, "ls-remote", "origin")
    for _ in range(2):
        propose(clone, "prj-02", "staging", "v1.1.0")
    assert git(clone, "ls-remote", "origin", "refs/heads/release/*").count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["prj-02", "staging", "latest"], "a tag that never moves is called like v1.2.3"),
        (["prj-09", "staging", "v1.1.0"], "its prj-09 names no tag on origin's main"),
    ],
)
def test_what_cannot_be_proposed_is_said(clone: Path, arguments: list[str], reason: str) -> None:
    with pytest.raises(CommandFailed, match=reason):
        propose(clone, *arguments)


def test_a_server_that_does_not_answer_is_named(clone: Path) -> None:
    git(clone, "remote", "set-url", "origin", "/nowhere.git")
    with pytest.raises(CommandFailed, match="origin: nothing can be fetched"):
        propose(clone, "prj-02", "staging", "v1.1.0")
