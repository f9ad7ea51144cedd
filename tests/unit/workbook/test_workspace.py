"""A workspace begins as the template has it, and what lies beside its repositories is kept as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lab_helpers import LabError, checkout, paths, shell
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.learner.workspace import Workspace, prepare

pytestmark = pytest.mark.usefixtures("template")


def _git(directory: Path, *arguments: str) -> str:
    return shell.run(["git", *arguments], cwd=directory).stdout.strip()


def _archived(workspace: Workspace) -> list[Path]:
    return sorted((workspace.directory.parent / "kept").glob("*"))


def test_it_begins_with_the_template_and_the_starter_over_it(outline: Outline) -> None:
    begun = prepare(outline, "lab")
    assert (begun.directory / "infra/k8s/web.yaml").read_text() == "kind: Deployment\n"
    assert (begun.directory / "task.txt").read_text() == "begin\n"
    assert (begun.directory / "infra/run.sh").stat().st_mode & 0o111
    assert begun.remarks == ()


def test_it_takes_no_secrets_and_no_left_overs_along(outline: Outline) -> None:
    names = {path.name for path in prepare(outline, "lab").directory.rglob("*")}
    assert "web.env.example" in names
    assert not names & {"web.env", "node_modules", "over.js"}


def test_its_repository_says_which_template_it_came_from(outline: Outline) -> None:
    infra = prepare(outline, "lab").directory / "infra"
    assert _git(infra, "log", "-1", "--format=%(trailers:key=Template-Version,valueonly)").startswith(
        "k8s-architecture-lab "
    )
    assert _git(infra, "branch", "--show-current") == "main"
    assert _git(infra, "status", "--porcelain") == ""


def test_starting_again_gives_the_same_commits_here_and_elsewhere(
    outline: Outline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = prepare(outline, "lab")
    before = _git(first.directory / "infra", "rev-parse", "HEAD")
    (tmp_path / ".gitconfig").write_text(
        "[user]\nname = Somebody\nemail = s@example.com\n[init]\ndefaultBranch = trunk\n[commit]\ngpgSign = true\n"
        "[core]\nautocrlf = true\nexcludesFile = /dev/stdin\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", "/of/another/repository")  # as in a hook of it
    again, another = prepare(outline, "lab"), prepare(outline, "other")
    assert _git(again.directory / "infra", "rev-parse", "main") == before
    assert _git(another.directory / "infra", "rev-parse", "main") == before
    assert (again.remarks, _archived(again)) == ((), [])


def test_what_was_committed_is_kept_on_a_branch(outline: Outline) -> None:
    infra = prepare(outline, "lab").directory / "infra"
    (infra / "k8s/web.yaml").write_text("mine\n")
    _git(infra, "-c", "user.name=L", "-c", "user.email=l@example.com", "commit", "-qam", "Deploy mine")
    again = prepare(outline, "lab")
    assert (infra / "k8s/web.yaml").read_text() == "kind: Deployment\n"
    (branch,) = _git(infra, "branch", "--list", "kept/*", "--format=%(refname:short)").splitlines()
    assert _git(infra, "log", "-1", "--format=%an: %s", branch) == "L: Deploy mine"
    assert again.remarks == (
        f"what was in infra is on the branch {branch}; to see it: git -C infra log -p main..{branch}",
    )


def test_a_repository_of_the_learners_own_is_kept_whole_and_nothing_of_it_stays(outline: Outline) -> None:
    own = prepare(outline, "lab").directory / "web"
    shell.run(["git", "init", "--quiet", own])
    (own / "app.js").write_text("1\n")
    identity = ("-c", "user.name=L", "-c", "user.email=l@example.com")
    _git(own, "add", "app.js")
    _git(own, *identity, "commit", "--quiet", "-m", "Begin")
    again = prepare(outline, "lab")
    assert not (again.directory / "web").exists()
    (place,) = _archived(again)
    assert _git(place / "web", "log", "--format=%s") == "Begin"


def test_loose_work_is_kept_aside(outline: Outline) -> None:
    directory = prepare(outline, "lab").directory
    (directory / "task.txt").write_text("mine\n")
    (directory / "trials").mkdir()
    (directory / "trials/pod.yaml").write_text("also mine\n")
    (directory / "trials/link").symlink_to("/etc")
    again = prepare(outline, "lab")
    assert (again.directory / "task.txt").read_text() == "begin\n"
    assert not (again.directory / "trials/pod.yaml").exists()
    (aside,) = _archived(again)
    assert str(aside) in again.remarks[0]
    assert (aside / "task.txt").read_text() == "mine\n"
    assert (aside / "trials/pod.yaml").read_text() == "also mine\n"
    assert (aside / "trials/link").readlink() == Path("/etc")


def test_the_same_work_is_kept_once(outline: Outline) -> None:
    for value in ("1", "2", "3"):
        directory = prepare(outline, "lab").directory
        (directory / "task.txt").write_text("done\n")
        (directory / "infra/k8s/web.yaml").write_text("mine\n")
        (directory / "infra/k8s/secrets").mkdir(exist_ok=True)
        (directory / "infra/k8s/secrets/made.env").write_text(f"API_KEY={value}\n")  # random in every run
    again = prepare(outline, "lab")
    assert len(_archived(again)) == 1
    assert len(_git(again.directory / "infra", "branch", "--list", "kept/*").splitlines()) == 1


def test_different_work_is_kept_beside_it(outline: Outline) -> None:
    for text in ("one\n", "two\n"):
        directory = prepare(outline, "lab").directory
        (directory / "task.txt").write_text(text)
        (directory / "infra/k8s/web.yaml").write_text(text)
    again = prepare(outline, "lab")
    infra = again.directory / "infra"
    assert sorted((aside / "task.txt").read_text() for aside in _archived(again)) == ["one\n", "two\n"]
    branches = _git(infra, "branch", "--list", "kept/*", "--format=%(refname:short)").splitlines()
    assert sorted(_git(infra, "show", f"{branch}:k8s/web.yaml") for branch in branches) == ["one", "two"]


def test_what_the_cluster_asks_for_is_a_commit_of_its_own(outline: Outline) -> None:
    def localize(directory: Path) -> None:
        for file in directory.rglob("web.yaml"):
            file.write_text("kind: StatefulSet\n")
        (directory / "task.txt").write_text("fitted\n")

    begun = [prepare(outline, "lab", localize) for _ in range(2)][-1]
    assert begun.remarks == (), "what the lab did itself is nobody's work"
    assert _git(begun.directory / "infra", "log", "--format=%an: %s").splitlines() == [
        "Kubernetes lab: Fit the manifests to this cluster",
        "Kubernetes lab: Begin the Deploy repository from the template",
    ]
    assert _git(begun.directory / "infra", "status", "--porcelain") == ""


def test_two_labs_do_not_share_a_workspace(outline: Outline) -> None:
    assert prepare(outline, "one").directory != prepare(outline, "two").directory


def test_a_workspace_that_cannot_be_written_says_so(outline: Outline) -> None:
    directory = paths.workspace_directory("lab")
    directory.parent.mkdir(parents=True)
    directory.write_text("a file where a directory should be")
    with pytest.raises(LabError, match="cannot be written"):
        prepare(outline, "lab")


@pytest.fixture
def chain(outline: Outline, monkeypatch: pytest.MonkeyPatch) -> Outline:
    """A phase before the lab that works in the same repository, and answers its one step there."""
    earlier = outline.directory.with_name("lab_08_before")
    (earlier / "solution" / "8.1").mkdir(parents=True)
    (earlier / "solution" / "8.1" / "edit.sh").write_text("sed -i 's/Deployment/DaemonSet/' infra/k8s/web.yaml\n")
    (earlier / "solution" / "8.1" / "run.sh").write_text("no-such-program apply\n")
    text = (outline.directory / "lab.toml").read_text().replace("9.", "8.")
    (earlier / "lab.toml").write_text(text[: text.index("[step.prediction]")])
    (outline.directory / "starter/infra").mkdir()
    (outline.directory / "starter/infra/new.txt").write_text("of notebook 09\n")
    checkout.notebooks_directory().mkdir()
    (checkout.notebooks_directory() / "08_before.ipynb").touch()
    monkeypatch.setattr(checkout, "labs_directory", lambda: outline.directory.parent)
    return outlines.load("08_before")


def _story(workspace: Workspace) -> list[str]:
    return _git(workspace.directory / "infra", "log", "--format=%s").splitlines()


_BEGUN = ["Begin the Deploy repository from the template"]


def test_a_phase_begins_with_the_answers_of_the_phase_before(outline: Outline, chain: Outline) -> None:
    prepare(chain, "lab")
    begun = prepare(outline, "lab", continues=True)
    assert _story(begun) == ["Begin notebook 09_toy", "Answer 8.1: First", *_BEGUN]
    assert (begun.directory / "infra/k8s/web.yaml").read_text() == "kind: DaemonSet\n"
    assert (begun.directory / "infra/new.txt").read_text() == "of notebook 09\n"
    assert begun.begins == ("infra: with the answer of 08_before",)
    head = _git(begun.directory / "infra", "rev-parse", "HEAD")
    assert _git(prepare(outline, "lab").directory / "infra", "rev-parse", "HEAD") == head, "the same ones every time"


def _finish(chain: Outline, passed_in: str = "n") -> None:
    """Do the phase before in another way than its answer does, and prove it."""
    infra = prepare(chain, "lab").directory / "infra"
    (infra / "k8s/web.yaml").write_text("kind: Job\n")
    _git(infra, "-c", "user.name=L", "-c", "user.email=l@example.com", "commit", "-qam", "Run it once")
    file = paths.progress_directory("lab") / "08_before.json"
    file.parent.mkdir(parents=True)
    step = {"state": "passed", "passed_in": passed_in}
    file.write_text(json.dumps({"cluster": "1", "nonce": "n", "seen": {}, "steps": {"8.1": step}}))


def test_what_a_learner_finished_is_what_the_next_phase_begins_with(outline: Outline, chain: Outline) -> None:
    _finish(chain)
    begun = prepare(outline, "lab", continues=True)
    assert _story(begun) == ["Begin notebook 09_toy", "Run it once", *_BEGUN]
    assert begun.begins == ("infra: with what you finished in 08_before",)
    run = prepare(outline, "lab", continues=False)
    assert _story(run)[1] == "Answer 8.1: First", "what a headless run proves rests on no other run"


def test_what_was_proven_before_the_phase_began_again_does_not_count(outline: Outline, chain: Outline) -> None:
    _finish(chain, passed_in="another")
    assert _story(prepare(outline, "lab", continues=True))[1] == "Answer 8.1: First"


def test_nothing_is_left_of_a_repository_that_a_learner_made(outline: Outline) -> None:
    directory = prepare(outline, "lab").directory
    _git(directory, "init", "own/web")
    again = prepare(outline, "lab")
    assert not (directory / "own").exists()
    assert [(aside / "own/web/.git/HEAD").exists() for aside in _archived(again)] == [True]


def test_the_whole_template_is_one_repository_with_the_history_of_each_part(outline: Outline, template: Path) -> None:
    _write_application(template, "web")
    starter = outline.directory / "starter/template/app/web/src"
    starter.mkdir(parents=True)
    (starter / "server.js").write_text("// left to do\n")
    whole = prepare(replace(outline, has_template=True), "lab").directory / "template"
    subjects = _git(whole, "log", "--format=%s", "--reverse").splitlines()
    assert subjects == ["Begin from the template", "web: Serve", "web: Serve more"]
    assert _git(whole, "log", "--format=%s", "--", "app/web").splitlines() == ["web: Serve more", "web: Serve"]
    assert "right" not in _git(whole, "log", "-p"), "what is left to do is shown by no commit"
    assert (whole / "app/web/src/server.js").read_text() == "// left to do\n"
    assert not (whole / "app/web/app.toml").exists()
    assert _git(whole, "status", "--porcelain") == ""


def _write_application(template: Path, name: str) -> None:
    """An application with a release and one upon it, each with the right answer in it."""
    files = {
        "app.toml": """repository = "org/web"
base = "node"
[[release]]
tag = "v1.0.0"
commit = "Serve"
behaviour = "good"
summary = "First."
[[release]]
tag = "v1.1.0"
base = "v1.0.0"
commit = "Serve more"
behaviour = "good"
summary = "Second."
""",
        "src/server.js": "// right\n",
        "releases/v1.1.0/README.md": "More.\n",
    }
    for file, text in files.items():
        (template / "app" / name / file).parent.mkdir(parents=True, exist_ok=True)
        (template / "app" / name / file).write_text(text)
