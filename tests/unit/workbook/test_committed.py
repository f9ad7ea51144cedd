"""What Git says should run: read where it is said, or a card that says why nobody can tell."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab_helpers import CheckFailed, shell
from lab_helpers.workbook.learner import committed, git
from lab_helpers.workbook.learner.repository import Repository, Start


@pytest.fixture
def infra(tmp_path: Path) -> Path:
    infra = tmp_path / "infra"
    git.init(infra)
    (infra / "web.yaml").write_text("newTag: v1.0.0\n")
    repository = Repository(infra)
    repository.point_to(Start(repository.record("Deploy v1.0.0", [], 1000), {}))
    return infra


def _git(directory: Path, *arguments: str) -> str:
    return shell.run(["git", *arguments], cwd=directory, env=git.author(None)).stdout


def _refused(infra: Path) -> CheckFailed:
    with pytest.raises(CheckFailed) as refused:
        committed.read(infra.parent, "infra", "web.yaml")
    return refused.value


def test_it_is_what_the_last_commit_of_the_file_says(infra: Path) -> None:
    (infra / "other").touch()
    _git(infra, "add", ".")
    _git(infra, "commit", "-qm", "Another matter")
    content = committed.read(infra.parent, "infra", "web.yaml")
    assert (content.text, content.subject, content.at) == ("newTag: v1.0.0\n", "Deploy v1.0.0", 1000)


def _amend(infra: Path, at: int, *arguments: str) -> int:
    shell.run(["git", "commit", "-q", "--amend", *arguments], cwd=infra, env=git.author(at))
    return committed.read(infra.parent, "infra", "web.yaml").at


def test_an_amended_commit_says_a_thing_since_it_first_did(infra: Path) -> None:
    assert _amend(infra, 2000, "-m", "Deploy v1.0.0 to staging") == 1000
    (infra / "web.yaml").write_text("newTag: v1.1.0\n")
    assert _amend(infra, 3000, "-a", "--no-edit") == 3000
    assert _amend(infra, 4000, "-m", "Deploy v1.1.0") == 3000


@pytest.mark.parametrize("how", ["edited", "staged", "deleted"])
def test_an_edit_that_is_in_no_commit_says_nothing(infra: Path, how: str) -> None:
    (infra / "web.yaml").write_text("newTag: v1.1.0\n")
    if how == "staged":
        _git(infra, "add", ".")
    if how == "deleted":
        (infra / "web.yaml").unlink()
    refused = _refused(infra)
    assert refused.seen == "it was edited, and the edit is in no commit"
    assert refused.next_step == 'git -C infra commit -am "…"'


def test_a_file_that_was_never_committed_is_added_first(infra: Path) -> None:
    _git(infra, "rm", "-q", "--cached", "web.yaml")
    _git(infra, "commit", "-qm", "Forget it")
    assert _refused(infra).next_step.startswith("git -C infra add web.yaml && git -C infra commit")


def test_another_branch_is_not_what_should_run(infra: Path) -> None:
    _git(infra, "switch", "-qc", "release")
    refused = _refused(infra)
    assert refused.seen == "the branch release"
    assert refused.next_step == "git -C infra switch main && git -C infra merge release"
    _git(infra, "switch", "-q", "--detach")
    assert _refused(infra).seen == "no branch (a detached HEAD)"


def test_something_half_done_is_finished_first(infra: Path) -> None:
    (infra / "web.yaml").write_text("newTag: v1.1.0\n")
    _git(infra, "commit", "-qam", "Deploy v1.1.0")
    (infra / "web.yaml").write_text("newTag: v1.2.0\n")
    _git(infra, "commit", "-qam", "Deploy v1.2.0")
    shell.run(["git", "revert", "HEAD~"], cwd=infra, env=git.author(None), check=False)
    refused = _refused(infra)
    assert (refused.seen, refused.next_step) == ("REVERT_HEAD", "git -C infra status")


def test_a_secret_that_was_committed_is_named_and_its_value_is_not(infra: Path) -> None:
    (infra / "web.env").write_text("API_KEY=nobody-may-see-it\n")
    _git(infra, "add", "-f", "web.env")
    (infra / "web.sops.env").write_text("API_KEY=ENC[a]\n")
    _git(infra, "add", "-f", "web.sops.env")
    refused = _refused(infra)
    assert refused.seen == "web.env"
    assert "nobody-may-see-it" not in str(refused)


def test_what_is_no_repository_any_more_can_be_one_again(infra: Path) -> None:
    (infra / ".git/HEAD").write_text("nothing\n")
    assert _refused(infra).seen == "a .git that git cannot read"
    shutil.rmtree(infra / ".git")
    refused = _refused(infra)
    assert (refused.seen, refused.next_step) == ("no .git in it", "lab reset infra/.git")


@pytest.mark.parametrize("file", ["k8s/web.yaml", "k8s/new.yaml"])
def test_a_directory_is_clean_where_all_of_it_is_committed(infra: Path, file: str) -> None:
    (infra / "k8s").mkdir()
    (infra / "k8s/web.yaml").write_text("replicas: 1\n")
    _git(infra, "add", ".")
    _git(infra, "commit", "-qm", "Deploy the web")
    (infra / "elsewhere").touch()
    committed.expect_clean(infra.parent, "infra", "k8s")
    (infra / file).write_text("replicas: 2\n")
    with pytest.raises(committed.Uncommitted) as refused:
        committed.expect_clean(infra.parent, "infra", "k8s")
    assert file in refused.value.seen
    assert refused.value.next_step == 'git -C infra add k8s && git -C infra commit -m "…"'
