"""A push to an App repository on the lab's Git server runs its CI, which proposes the tag to the Deploy repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab_helpers import shell
from lab_helpers.workbook.room import environment

_ROOM = Path(environment.__file__).parent
# What `kubectl exec` does on a cluster: the server's part, beside the repositories.
_KUBECTL = """\
#!/bin/sh
for command; do :; done
cd "$REPOSITORIES" && eval "$command"
"""
_CI = """\
#!/bin/sh
[ "$1" != tag ] || { echo "sha-$(git rev-parse HEAD | cut -c 1-7)"; exit; }
echo "$1" >> "$REPOSITORIES/stages"
[ ! -f "fails-at-$1" ] || { echo "no way"; exit 1; }
"""


@pytest.fixture
def server(tmp_path: Path, deploy_repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of the Git server, with a Deploy repository and an empty App repository."""
    programs, repositories = tmp_path / "programs", tmp_path / "repositories"
    programs.mkdir()
    (programs / "git-over-kubectl").symlink_to(_ROOM / "git-over-kubectl")
    (programs / "kubectl").write_text(_KUBECTL)
    (programs / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("REPOSITORIES", str(repositories))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(_ROOM / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    for name in ("infra", "prj-02"):
        shell.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", repositories / f"org/{name}.git"])
    shell.run(["git", "init", "--quiet"], cwd=deploy_repository)
    _push(deploy_repository, "infra")
    return repositories


@pytest.fixture
def application(tmp_path: Path, server: Path) -> Path:
    """A clone of the App repository, with a CI script and without a commit."""
    clone = tmp_path / "app"
    (clone / "scripts").mkdir(parents=True)
    (clone / "scripts/ci.sh").write_text(_CI)
    (clone / "scripts/ci.sh").chmod(0o755)
    shell.run(["git", "init", "--quiet"], cwd=clone)
    return clone


def _push(directory: Path, name: str) -> str:
    """Commit all, push it, and return what is said to it."""
    shell.run(["git", "add", "--all"], cwd=directory)
    shell.run(["git", "commit", "--quiet", "--allow-empty", "--message", "Change it"], cwd=directory)
    return shell.run(["git", "push", f"git@git.lab:org/{name}.git", "main"], cwd=directory).stderr


def _stages(server: Path) -> list[str]:
    return (server / "stages").read_text().split()


def _proposed(server: Path) -> list[str]:
    """The branches of the Deploy repository beside main."""
    argv: list[str | Path] = [
        "git",
        "-C",
        server / "org/infra.git",
        "for-each-ref",
        "--format=%(refname:short)",
        "refs/heads/release",
    ]
    return shell.run(argv).stdout.split()


def test_the_tag_of_the_commit_is_proposed_for_staging(application: Path, server: Path) -> None:
    output = _push(application, "prj-02")
    tag = "sha-" + shell.run(["git", "rev-parse", "HEAD"], cwd=application).stdout[:7]
    assert _stages(server) == ["test", "build", "push"]
    assert _proposed(server) == [f"release/staging/prj-02-{tag}"]
    assert f"CI: proposed as branch release/staging/prj-02-{tag}; to accept it:" in output
    file = f"release/staging/prj-02-{tag}:k8s/overlays/staging/prj-02/kustomization.yaml"
    assert f"newTag: {tag}\n" in shell.run(["git", "-C", server / "org/infra.git", "show", file]).stdout


def test_what_is_proposed_is_not_built_again(application: Path, server: Path) -> None:
    _push(application, "prj-02")
    output = shell.run(["git", "push", "git@git.lab:org/prj-02.git", "main"], cwd=application).stderr
    assert "is proposed already" in output
    assert _stages(server) == ["test", "build", "push"]


def test_what_staging_has_is_not_said_to_be_proposed(application: Path, server: Path) -> None:
    _push(application, "prj-02")
    [branch] = _proposed(server)
    for arguments in (("branch", "--force", "main", branch), ("branch", "--delete", branch)):
        shell.run(["git", "-C", server / "org/infra.git", *arguments])
    output = shell.run(["git", "push", "git@git.lab:org/prj-02.git", "main"], cwd=application).stderr
    assert "there is nothing to propose" in output
    assert "proposed as branch" not in output


@pytest.mark.parametrize(("stage", "tried"), [("test", ["test"]), ("build", ["test", "build"])])
def test_what_failed_is_not_proposed_and_is_tried_at_the_next_push(
    application: Path, server: Path, stage: str, tried: list[str]
) -> None:
    (application / f"fails-at-{stage}").touch()
    output = _push(application, "prj-02")
    assert f"CI: prj-02: {stage} failed, and nothing is proposed; next: scripts/ci.sh {stage}" in output
    assert "no way" in output
    assert _stages(server) == tried
    assert not _proposed(server)
    (application / f"fails-at-{stage}").unlink()
    _push(application, "prj-02")
    assert len(_proposed(server)) == 1


def test_a_push_to_another_repository_runs_nothing(application: Path, server: Path) -> None:
    shell.run(["git", "init", "--quiet", "--bare", server / "org/tried.git"])
    assert "CI:" not in _push(application, "tried")
    assert not (server / "stages").exists()
