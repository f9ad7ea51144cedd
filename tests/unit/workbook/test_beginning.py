"""Whatever a learner left in a repository, beginning again works, loses nothing, and says where it is."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_helpers import LabError, paths, shell
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.learner.workspace import Workspace, prepare

pytestmark = pytest.mark.usefixtures("template")

_AS = ("-c", "user.name=L", "-c", "user.email=l@example.com")
_MANIFEST = "k8s/web.yaml"


def _git(directory: Path, *arguments: str) -> str:
    return shell.run(["git", *_AS, *arguments], cwd=directory).stdout.strip()


def _fails(directory: Path, *arguments: str) -> None:
    with pytest.raises(LabError):
        _git(directory, *arguments)


@pytest.fixture
def infra(outline: Outline) -> Path:
    """The Deploy repository of a learner who committed once."""
    infra = prepare(outline, "lab").directory / "infra"
    (infra / _MANIFEST).write_text("mine\n")
    _git(infra, "commit", "-qam", "Mine")
    return infra


@pytest.fixture
def again(outline: Outline, infra: Path) -> Callable[[], Workspace]:
    """Begins again, and makes sure that it is the start."""

    def begin() -> Workspace:
        begun = prepare(outline, "lab")
        assert (infra / _MANIFEST).read_text() == "kind: Deployment\n"
        assert _git(infra, "log", "--format=%s") == "Begin the Deploy repository from the template"
        assert _git(infra, "branch", "--show-current") == "main"
        assert _git(infra, "status", "--porcelain") == ""
        return begun

    return begin


def _kept_branches(infra: Path) -> list[str]:
    return _git(infra, "branch", "--list", "kept/*", "--format=%(refname:short)").splitlines()


def _in_kept(infra: Path, text: str, file: str = _MANIFEST) -> bool:
    """Whether a text is in a file of what is kept, at its tip or on the way there."""
    return any(text in _git(infra, "log", "-p", f"main..{branch}", "--", file) for branch in _kept_branches(infra))


def test_what_was_edited_staged_and_never_added_is_kept(infra: Path, again: Callable[[], Workspace]) -> None:
    (infra / _MANIFEST).write_text("staged\n")
    _git(infra, "add", "-A")
    (infra / _MANIFEST).write_text("edited\n")
    (infra / "notes.txt").write_text("never added\n")
    (infra / "run.sh").chmod(0o644)
    again()
    assert [_in_kept(infra, text) for text in ("staged", "edited", "mine")] == [True] * 3
    assert _in_kept(infra, "never added", "notes.txt")
    assert _in_kept(infra, "old mode 100755", "run.sh")
    assert not (infra / "notes.txt").exists()
    assert (infra / "run.sh").stat().st_mode & 0o111


def test_no_secret_is_ever_committed(infra: Path, again: Callable[[], Workspace]) -> None:
    (infra / "k8s/web.env").write_text("API_KEY=nobody-may-see-it\n")
    (infra / "k8s/UPPER.ENV").write_text("API_KEY=nobody-may-see-it\n")
    (infra / "k8s/new.env").write_text("API_KEY=nobody-may-see-it\n")
    _git(infra, "add", "-f", "k8s/new.env")
    (infra / _MANIFEST).write_text("edited\n")
    (infra / "k8s/UPPER.ENV").rename(infra.parent / "aside")
    (infra / "k8s/secrets").mkdir()
    (infra / "k8s/secrets/web.env").write_text("API_KEY=drawn\n")
    begun = again()
    assert "nobody-may-see-it" not in _git(infra, "log", "--all", "-p")
    assert _in_kept(infra, "edited")
    assert not list(infra.rglob("*.env"))
    values = [Path(remark.rpartition(" is in ")[2].removesuffix(" now")).read_text() for remark in begun.remarks[-2:]]
    assert values == ["API_KEY=nobody-may-see-it\n"] * 2, "set aside, but for what a script has drawn"


@pytest.mark.parametrize("is_committed", [True, False])
def test_what_sops_encrypted_is_no_secret_and_kept_as_all_work_is(
    infra: Path, again: Callable[[], Workspace], *, is_committed: bool
) -> None:
    (infra / "web.sops.env").write_text("API_KEY=ENC[a]\n")
    if is_committed:
        _git(infra, "add", "web.sops.env")
        _git(infra, "commit", "-qm", "Encrypt")
        (infra / "web.sops.env").write_text("API_KEY=ENC[b]\n")
    remarks = again().remarks
    assert _in_kept(infra, "ENC[b]" if is_committed else "ENC[a]", "web.sops.env")
    assert not any("secret values" in remark for remark in remarks)


def test_a_half_done_rebase_is_given_up_and_its_work_kept(infra: Path, again: Callable[[], Workspace]) -> None:
    _git(infra, "switch", "-qc", "topic", "HEAD~")
    (infra / _MANIFEST).write_text("topic\n")
    _git(infra, "commit", "-qam", "Topic")
    _fails(infra, "rebase", "main")
    (infra / _MANIFEST).write_text("half resolved\n")
    begun = again()
    assert any("half done (rebase-merge)" in remark for remark in begun.remarks)
    assert _in_kept(infra, "half resolved")
    assert _git(infra, "log", "-1", "--format=%s", "topic") == "Topic"


@pytest.mark.parametrize("how", [["merge", "topic"], ["cherry-pick", "topic"], ["revert", "--no-edit", "HEAD~"]])
def test_a_conflict_is_given_up_and_its_work_kept(infra: Path, again: Callable[[], Workspace], how: list[str]) -> None:
    _git(infra, "switch", "-qc", "topic", "HEAD~")
    (infra / _MANIFEST).write_text("topic\n")
    _git(infra, "commit", "-qam", "Topic")
    _git(infra, "switch", "-q", "main")
    (infra / _MANIFEST).write_text("mine, too\n")
    _git(infra, "commit", "-qam", "Mine, too")
    _fails(infra, *how)
    assert "half done" in again().remarks[0]
    assert _in_kept(infra, "<<<<<<<")


def test_commits_on_a_detached_head_are_kept(infra: Path, again: Callable[[], Workspace]) -> None:
    _git(infra, "switch", "-q", "--detach")
    (infra / _MANIFEST).write_text("on no branch\n")
    _git(infra, "commit", "-qam", "On no branch")
    again()
    assert _in_kept(infra, "on no branch")


def test_another_branch_stays_and_what_was_edited_on_it_is_kept(infra: Path, again: Callable[[], Workspace]) -> None:
    _git(infra, "switch", "-qc", "topic")
    _git(infra, "commit", "-q", "--allow-empty", "-m", "Topic")
    (infra / _MANIFEST).write_text("edited on topic\n")
    again()
    assert _git(infra, "log", "-1", "--format=%s", "topic") == "Topic"
    assert _in_kept(infra, "edited on topic")


def test_a_stash_stays(infra: Path, again: Callable[[], Workspace]) -> None:
    (infra / _MANIFEST).write_text("stashed\n")
    _git(infra, "stash")
    again()
    assert "stashed" in _git(infra, "stash", "show", "-p")


def test_a_deleted_git_directory_is_made_again(infra: Path, again: Callable[[], Workspace]) -> None:
    shutil.rmtree(infra / ".git")
    begun = again()
    assert begun.remarks[0].startswith("infra had no .git any more")
    assert _in_kept(infra, "mine")


@pytest.mark.parametrize("damage", ["HEAD", "objects"])
def test_a_damaged_git_directory_is_set_aside(infra: Path, again: Callable[[], Workspace], damage: str) -> None:
    if damage == "HEAD":
        (infra / ".git/HEAD").write_text("no ref at all\n")
    else:
        shutil.rmtree(infra / ".git/objects")
        (infra / ".git/objects").mkdir()
    begun = again()
    aside = infra.parents[1] / "kept"
    assert [place for place in aside.iterdir() if str(place) in begun.remarks[0]]
    assert _in_kept(infra, "mine")


def test_locks_of_a_git_that_was_killed_are_in_nobodys_way(infra: Path, again: Callable[[], Workspace]) -> None:
    for lock in ("index.lock", "HEAD.lock", "refs/heads/main.lock", "packed-refs.lock"):
        (infra / ".git" / lock).touch()
    again()
    assert _in_kept(infra, "mine")


@pytest.mark.parametrize("has_commit", [False, True])
def test_a_repository_made_inside_gives_its_files_back(
    infra: Path, again: Callable[[], Workspace], has_commit: bool
) -> None:
    _git(infra / "k8s", "init", "-q")
    if has_commit:
        _git(infra / "k8s", "add", ".")
        _git(infra / "k8s", "commit", "-qm", "Inside")
    (infra / _MANIFEST).write_text("edited inside\n")
    begun = again()
    assert "a repository inside infra is in" in begun.remarks[0]
    assert _in_kept(infra, "edited inside")


def test_a_repository_made_again_in_place_or_around_changes_nothing(
    infra: Path, again: Callable[[], Workspace]
) -> None:
    _git(infra, "init", "-q")
    _git(infra.parent, "init", "-q")
    (infra.parent / ".git/mine").touch()
    again()
    assert (infra.parent / ".git/mine").exists()
    assert _in_kept(infra, "mine")


def test_a_submodule_and_a_worktree_are_repositories_too(infra: Path, again: Callable[[], Workspace]) -> None:
    _git(infra.parent, "init", "-q")
    _git(infra.parent, "-c", "protocol.file.allow=always", "submodule", "add", "./infra")
    _git(infra.parent, "submodule", "absorbgitdirs")
    assert (infra / ".git").is_file()
    (infra / _MANIFEST).write_text("in a submodule\n")
    again()
    assert _in_kept(infra, "in a submodule")
    tree = infra.parent / "elsewhere"
    _git(infra, "worktree", "add", "-q", str(tree), "-b", "elsewhere")
    shutil.rmtree(infra)
    tree.rename(infra)
    (infra / _MANIFEST).write_text("in a worktree\n")
    again()
    assert _in_kept(infra, "in a worktree")


def test_a_link_in_its_place_is_set_aside_and_what_it_leads_to_untouched(
    infra: Path, again: Callable[[], Workspace], tmp_path: Path
) -> None:
    infra.rename(tmp_path / "own")
    infra.symlink_to(tmp_path / "own")
    begun = again()
    assert "what stood in the place of infra is in" in begun.remarks[0]
    assert (tmp_path / "own" / _MANIFEST).read_text() == "mine\n"


def test_what_git_was_told_not_to_see_is_kept_or_stays(infra: Path, again: Callable[[], Workspace]) -> None:
    (infra / ".gitignore").write_text("k8s/\nown/\n")
    _git(infra, "rm", "-rq", "--cached", "k8s")
    _git(infra, "add", ".")
    _git(infra, "update-index", "--assume-unchanged", "run.sh")
    (infra / _MANIFEST).write_text("ignored\n")
    (infra / "own").mkdir()
    (infra / "own/notes").write_text("ignored, and mine\n")
    (infra / "run.sh").write_text("hidden\n")
    with pytest.raises(AssertionError, match="own/"):
        again()  # what was ignored is untracked now, where it was
    assert _git(infra, "status", "--porcelain") == "?? own/"
    assert (infra / "own/notes").read_text() == "ignored, and mine\n"
    assert _in_kept(infra, "ignored")
    assert _in_kept(infra, "hidden", "run.sh")


def test_a_disk_that_takes_nothing_costs_nothing(infra: Path, outline: Outline) -> None:
    (infra / _MANIFEST).write_text("edited\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        with pytest.raises(LabError):
            prepare(outline, "lab")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (infra / _MANIFEST).read_text() == "edited\n"
    assert _git(infra, "log", "-1", "--format=%s", "main") == "Mine"
    prepare(outline, "lab")
    assert _in_kept(infra, "edited")


def test_a_full_disk_is_told_as_what_it_is(infra: Path, outline: Outline, monkeypatch: pytest.MonkeyPatch) -> None:
    program = infra.parents[2] / "git"
    program.write_text("#!/bin/sh\necho 'fatal: write error: No space left on device' >&2; exit 128\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    with pytest.raises(LabError, match="No space left on device") as full:
        prepare(outline, "lab")
    assert full.value.next_step == "df -h"


def test_hooks_and_settings_of_the_repository_are_not_for_the_lab(infra: Path, again: Callable[[], Workspace]) -> None:
    hook = infra / ".git/hooks/reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    subprocess.run(["git", "config", "commit.gpgSign", "true"], cwd=infra, check=True)
    (infra / _MANIFEST).write_text("edited\n")
    again()
    assert hook.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to somebody else")
def test_files_of_another_owner_are_no_obstacle(
    infra: Path, again: Callable[[], Workspace], monkeypatch: pytest.MonkeyPatch
) -> None:
    for root in (infra, paths.cache_directory()):
        for path in (root, *root.rglob("*")):
            os.lchown(path, 12345, 12345)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(infra.parents[1] / "gitconfig"))  # of this test, to look afterwards
    (infra.parents[1] / "gitconfig").write_text("[safe]\n\tdirectory = *\n")
    again()
    assert _in_kept(infra, "mine")
