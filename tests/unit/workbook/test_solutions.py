"""A solution is told as a diff whatever way it edits, and what is shown can be pasted."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lab_helpers import checkout
from lab_helpers.errors import CommandFailed
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.learner import git
from lab_helpers.workbook.learner.difference import Change
from lab_helpers.workbook.learner.solutions import Solution, solution
from lab_helpers.workbook.learner.workspace import prepare, replay


def _script(outline: Outline, name: str, text: str) -> None:
    file = outline.directory / "solution" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.fixture
def solved(outline: Outline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outline:
    """Two steps that edit files in several ways; their commands do what a cluster would, into files of their own."""
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "web.yaml").write_text("replicas: 2\ngrace: 20\n")
    (tmp_path / "infra" / "old.yaml").write_text("kind: Pod\n")
    monkeypatch.setattr(checkout, "source_directory", lambda: tmp_path)
    _script(outline, "9.1/edit.sh", "perl -pi -e 's/begin/first/' task.txt\nrm infra/old.yaml\n")
    _script(outline, "9.1/run.sh", "cat task.txt >> applied\n")
    _script(outline, "9.1/after.sh", "echo tidied >> infra/web.yaml\n")
    _script(outline, "9.2/1-run.sh", "echo undone >> applied\n")
    _script(outline, "9.2/2-edit.sh", 'python3 -c \'open("task.txt", "w").write("second")\'\n')
    _script(outline, "9.2/3-run.sh", "cat task.txt pod.yaml >> applied\n")
    _script(outline, "9.2/4-edit.sh", "mkdir infra/deep && mv infra/web.yaml infra/deep/\n")
    _script(outline, "9.2/files/pod.yaml", "kind: Pod\n")
    return outline


def _paste(shown: Solution, workspace: Path) -> None:
    _paste_text(str(shown), workspace)


def _paste_text(text: str, workspace: Path) -> None:
    environment = os.environ | git.author(None)
    subprocess.run(["bash", "-e"], input=text, cwd=workspace, text=True, check=True, env=environment)


def _text(workspace: Path) -> dict[str, str]:
    files = (file for file in workspace.rglob("*") if file.is_file() and ".git" not in file.parts)
    return {str(file.relative_to(workspace)): file.read_text() for file in files}


_DONE = {
    "task.txt": "second",
    "pod.yaml": "kind: Pod\n",
    "infra/deep/web.yaml": "replicas: 2\ngrace: 20\ntidied\n",
    "applied": "undone\nsecondkind: Pod\n",
}


def test_it_tells_what_to_change_and_what_to_run_in_their_order(solved: Outline) -> None:
    workspace = prepare(solved, "lab").directory
    change, commands = solution(solved, "9.1", workspace).parts
    assert isinstance(change, Change)
    assert {"-begin", "+first", "deleted file mode 100644"} <= set(change.diff.splitlines())
    assert "tidied" not in change.diff, "that comes after the check"
    assert commands == "cat task.txt >> applied\n"
    kinds = [type(part) for part in solution(solved, "9.2", workspace).parts]
    assert kinds == [Change, str, Change, str, Change]
    assert _text(workspace)["task.txt"] == "begin\n", "looking changes nothing"


def test_what_is_shown_can_be_pasted_step_after_step(solved: Outline) -> None:
    workspace = prepare(solved, "lab").directory
    _paste(solution(solved, "9.1", workspace), workspace)
    assert _text(workspace)["applied"] == "first\n"
    (workspace / "applied").unlink()
    _paste(solution(solved, "9.2", workspace), workspace)
    assert _text(workspace) == _DONE


@pytest.mark.parametrize("spoil", ["rm -r infra", "echo mine > task.txt", "rm task.txt && mkdir task.txt", "rm -r *"])
def test_it_fits_the_files_as_they_are(spoil: str, solved: Outline) -> None:
    workspace = prepare(solved, "lab").directory
    subprocess.run(["bash", "-c", spoil], cwd=workspace, check=True)
    _paste(solution(solved, "9.2", workspace), workspace)
    shutil.rmtree(workspace / "task.txt.mine", ignore_errors=True)
    assert _text(workspace) == _DONE


def test_what_a_learner_broke_is_part_of_it_and_what_they_added_is_not(solved: Outline) -> None:
    workspace = prepare(solved, "lab").directory
    (workspace / "infra/web.yaml").write_text("replicas: 2\ngrace: 5\n")
    (workspace / "notes.txt").write_text("mine\n")
    (workspace / "infra/web.env").write_text("API_KEY=nobody-may-see-it\n")
    shown = str(solution(solved, "9.1", workspace))
    assert ["-grace: 5" in shown, "+grace: 20" in shown, "notes" in shown, "nobody" in shown] == [
        True,
        True,
        False,
        False,
    ]


def test_what_a_learner_has_sealed_stays_as_it_is(solved: Outline, tmp_path: Path) -> None:
    (tmp_path / "infra/sealed").mkdir()
    (tmp_path / "infra/sealed/list.yaml").write_text("resources: []\n")
    workspace = prepare(solved, "lab").directory
    (workspace / "infra/sealed/list.yaml").write_text("resources: [web.yaml]\n")
    assert "list.yaml" not in str(solution(solved, "9.1", workspace))
    (workspace / "infra/sealed/list.yaml").unlink()
    assert "list.yaml" in str(solution(solved, "9.1", workspace))


def test_where_only_commands_are_left_it_says_that_no_file_is_to_change(solved: Outline) -> None:
    workspace = prepare(solved, "lab").directory
    _paste(solution(solved, "9.1", workspace), workspace)
    shown = solution(solved, "9.1", workspace)
    assert (shown.changes_files, shown.runs_commands) == (False, True)
    assert str(shown) == "cat task.txt >> applied\n"


def test_an_answer_of_commands_alone_mends_the_files_before_them(solved: Outline) -> None:
    shutil.rmtree(solved.directory / "solution" / "9.2")
    _script(solved, "9.2/run.sh", "cat task.txt >> applied\n")
    workspace = prepare(solved, "lab").directory
    _paste(solution(solved, "9.2", workspace), workspace)
    assert _text(workspace)["applied"] == "first\n"


def test_an_edit_that_fails_says_so(solved: Outline) -> None:
    _script(solved, "9.1/edit.sh", "sed -i s/a/b/ no-such-file\n")
    with pytest.raises(CommandFailed, match="no-such-file"):
        solution(solved, "9.2", prepare(solved, "lab").directory)


def test_what_the_page_shows_is_what_can_be_pasted(solved: Outline) -> None:
    shown = solution(solved, "9.2", prepare(solved, "lab").directory)
    assert "".join(ElementTree.fromstring(shown._repr_html_()).itertext()) == str(shown)


_NO_CLUSTER = "kubectl() { :; }\n"


@pytest.mark.parametrize("last", ["sent", "sent and never committed", "gone back already"])
def test_a_pasted_revert_goes_back_from_the_release_it_names(last: str) -> None:
    outline = outlines.load("05_first_deploy")
    workspace = prepare(outline, "lab").directory
    replay(outline, workspace, outline.steps[:5])
    goes_back = ["reset --quiet HEAD~"] if "never" in last else ["revert --no-edit HEAD"] if "already" in last else []
    for command in goes_back:
        _paste_text(f"git -C infra {command}\n", workspace)
    shown = str(solution(outline, "5.6", workspace))
    assert ("git -C infra commit" in shown) == (last != "sent")
    _paste_text(f"{_NO_CLUSTER}{shown}", workspace)
    overlay = git.run(workspace / "infra", "show", "HEAD:k8s/overlays/staging/prj-02/kustomization.yaml")
    assert "newTag: v1.1.0" in overlay
    assert git.run(workspace / "infra", "status", "--porcelain") == ""


@pytest.mark.parametrize("notebook", outlines.notebooks())
def test_every_step_of_the_workbook_has_one_whatever_its_learner_has_left(notebook: str, tmp_path: Path) -> None:
    outline = outlines.load(notebook)
    gives_files = bool(outline.repositories) or (outline.directory / "starter").is_dir()
    for step in outline.steps:
        shown = solution(outline, step.id, tmp_path)
        assert str(shown).strip()
        assert [shown.changes_files, "+++ b/" in str(shown)] == [gives_files, gives_files]
