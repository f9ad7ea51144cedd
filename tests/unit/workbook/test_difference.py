from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lab_helpers import checkout, shell
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.learner.difference import Difference, difference
from lab_helpers.workbook.learner.workspace import prepare


@pytest.fixture
def solved(outline: Outline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outline:
    """Two steps that each change task.txt, by commands that a cluster would have to hear."""
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "web.yaml").write_text("replicas: 2\ngrace: 20\n")
    monkeypatch.setattr(checkout, "source_directory", lambda: tmp_path)
    for step, edit in (("9.1", "s/begin/first/"), ("9.2", "s/first/second/")):
        directory = outline.directory / "solution" / step
        directory.mkdir(parents=True)
        (directory / "run.sh").write_text(f"sed -i '{edit}' task.txt\nno-such-program apply > made.txt\n")
    (outline.directory / "solution" / "9.2" / "files").mkdir()
    (outline.directory / "solution" / "9.2" / "files" / "pod.yaml").write_text("kind: Pod\n")
    return outline


def test_it_tells_what_to_change_up_to_and_including_the_step(solved: Outline) -> None:
    workspace = prepare(solved, "lab").directory
    first = difference(solved, "9.1", workspace).text
    assert first.splitlines()[:2] == ["--- task.txt", "+++ task.txt"]
    assert first.splitlines()[3:] == ["-begin", "+first"]
    second = difference(solved, "9.2", workspace)
    assert ["+second" in second.text, "pod.yaml" in second.text] == [True, False]
    assert second.commands == "cat > pod.yaml <<'END'\nkind: Pod\nEND\n"
    assert (workspace / "task.txt").read_text() == "begin\n", "looking changes nothing"


def test_what_a_learner_broke_is_part_of_it_and_what_they_added_is_not(solved: Outline) -> None:
    workspace = prepare(solved, "lab").directory
    (workspace / "infra/web.yaml").write_text("replicas: 2\ngrace: 5\n")
    (workspace / "notes.txt").write_text("mine\n")
    (workspace / "infra/web.env").write_text("API_KEY=nobody-may-see-it\n")
    told = difference(solved, "9.1", workspace).text
    assert ["-grace: 5" in told, "+grace: 20" in told, "notes" in told, "nobody" in told] == [True, True, False, False]


def test_what_is_to_be_written_whole_can_be_pasted(solved: Outline) -> None:
    workspace = prepare(solved, "lab").directory
    (workspace / "pod.yaml").write_text("kind: Pot\n")
    shutil.rmtree(workspace / "infra")
    told = difference(solved, "9.2", workspace)
    assert "-kind: Pot" in told.text, "what is there is compared"
    shell.run(["bash", "-c", told.commands], cwd=workspace)
    assert (workspace / "pod.yaml").read_text() == "kind: Pod\n"
    assert (workspace / "infra/web.yaml").read_text() == "replicas: 2\ngrace: 20\n"


def test_nothing_to_change_is_no_difference(solved: Outline) -> None:
    workspace = prepare(solved, "lab").directory
    (workspace / "task.txt").write_text("first\n")
    assert difference(solved, "9.1", workspace) == Difference("")


def test_it_shows_each_sign_and_marks_the_line() -> None:
    root = ElementTree.fromstring(Difference("--- a\n+++ a\n@@ -1 +1 @@\n-<old>\n+<new>\n")._repr_html_())
    assert "".join(root.itertext()) == "--- a\n+++ a\n@@ -1 +1 @@\n-<old>\n+<new>\n"
    assert ([line.text for line in root.iter("del")], [line.text for line in root.iter("ins")]) == (
        ["-<old>"],
        ["+<new>"],
    )


@pytest.mark.parametrize("notebook", ["03_cluster", "05_first_deploy"])
def test_every_step_of_the_workbook_has_one(notebook: str, tmp_path: Path) -> None:
    outline = outlines.load(notebook)
    for step in outline.steps:
        assert "cat > infra/" in difference(outline, step.id, tmp_path).commands
