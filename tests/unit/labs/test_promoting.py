"""What 6.10 says of a commit on its way to staging, by what is in the two repositories."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import CheckContext, CheckFailed, shell
from labs.lab_06_expand import promoting

_FILE = "k8s/overlays/staging/prj-02/kustomization.yaml"


@pytest.fixture
def lab(tmp_path: Path) -> CheckContext:
    for repository, file in (("infra", _FILE), ("app/prj_02", "README.md")):
        directory = tmp_path / repository
        (directory / file).parent.mkdir(parents=True)
        (directory / file).write_text("    newTag: v1.0.0\n")
        _git(directory, "init", "--quiet", "--initial-branch=main")
        for name, value in (("user.name", "Learner"), ("user.email", "learner@example.com")):
            _git(directory, "config", name, value)
        _git(directory, "add", "--all")
        _git(directory, "commit", "--quiet", "--message", "Begin")
    return cast(CheckContext, SimpleNamespace(workspace=tmp_path))


def _git(directory: Path, *arguments: str) -> str:
    return shell.run(["git", *arguments], cwd=directory).stdout.strip()


def _propose(lab: CheckContext, tag: str) -> str:
    """A branch as CI pushes it, fetched."""
    infra, branch = lab.workspace / "infra", f"refs/remotes/origin/release/staging/prj-02-{tag}"
    (infra / _FILE).write_text(f"    newTag: {tag}\n")
    _git(infra, "commit", "--quiet", "--all", "--message", f"Deploy {tag}")
    _git(infra, "update-ref", branch, "HEAD")
    _git(infra, "reset", "--quiet", "--hard", "HEAD~")
    return branch


def test_a_release_of_the_template_is_no_commit_of_the_learner(lab: CheckContext) -> None:
    _git(lab.workspace / "app/prj_02", "tag", "v1.1.0")
    with pytest.raises(CheckFailed, match="a commit of yours in app/prj_02") as failure:
        promoting._tag(lab)
    assert failure.value.seen == "Begin"


def test_a_commit_is_called_as_ci_calls_it(lab: CheckContext) -> None:
    application = lab.workspace / "app/prj_02"
    assert promoting._tag(lab) == "sha-" + _git(application, "rev-parse", "HEAD")[:7]
    _git(application, "tag", "v1.6.0")
    assert promoting._tag(lab) == "v1.6.0"


def test_the_card_says_what_staging_waits_for(lab: CheckContext) -> None:
    infra = lab.workspace / "infra"
    with pytest.raises(CheckFailed) as unpushed:
        promoting._expect_staged(lab, "sha-abc1234")
    assert unpushed.value.hint.startswith("A push to the App repository")
    branch = _propose(lab, "sha-abc1234")
    with pytest.raises(CheckFailed) as proposed:
        promoting._expect_staged(lab, "sha-abc1234")
    assert proposed.value.hint.endswith("the merge is yours.")
    _git(infra, "merge", "--quiet", "--no-ff", "--no-edit", branch)
    promoting._expect_staged(lab, "sha-abc1234")
    _git(infra, "revert", "--no-edit", "-m", "1", "HEAD")
    with pytest.raises(CheckFailed) as reverted:
        promoting._expect_staged(lab, "sha-abc1234")
    shell.run(["sh", "-c", reverted.value.next_step.partition(" && ")[0]], cwd=lab.workspace)
    promoting._expect_staged(lab, "sha-abc1234")
