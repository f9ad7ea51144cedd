from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import LabError, checkout, paths
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.learner.workspace import prepare


@pytest.fixture(autouse=True)
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A template with a manifest, a script, somebody's secret values and what tools left behind."""
    source = tmp_path / "source"
    files = {
        "infra/k8s/web.yaml": "kind: Deployment\n",
        "infra/k8s/secrets/web.env": "API_KEY=somebody's\n",
        "infra/k8s/base/web.env.example": "API_KEY=\n",
        "infra/node_modules/left/over.js": "",
        "infra/run.sh": "#!/bin/sh\n",
    }
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    (source / "infra/run.sh").chmod(0o755)
    monkeypatch.setattr(checkout, "source_directory", lambda: source)
    return source


def test_it_begins_with_the_template_and_the_starter_over_it(outline: Outline) -> None:
    made = prepare(outline, "lab")
    assert (made.directory / "infra/k8s/web.yaml").read_text() == "kind: Deployment\n"
    assert (made.directory / "task.txt").read_text() == "begin\n"
    assert (made.directory / "infra/run.sh").stat().st_mode & 0o111
    assert made.kept is None


def test_it_takes_no_secrets_and_no_left_overs_along(outline: Outline) -> None:
    found = {path.name for path in prepare(outline, "lab").directory.rglob("*")}
    assert "web.env.example" in found
    assert not found & {"web.env", "node_modules", "over.js"}


def test_starting_again_gives_the_same(outline: Outline) -> None:
    first = prepare(outline, "lab")
    again = prepare(outline, "lab")
    assert (again.directory, again.kept) == (first.directory, None)
    assert not (first.directory.parent / "kept").exists()


def test_work_is_kept_aside(outline: Outline) -> None:
    directory = prepare(outline, "lab").directory
    (directory / "infra/k8s/web.yaml").write_text("mine\n")
    (directory / "notes.txt").write_text("also mine\n")
    again = prepare(outline, "lab")
    assert (again.directory / "infra/k8s/web.yaml").read_text() == "kind: Deployment\n"
    assert not (again.directory / "notes.txt").exists()
    assert again.kept is not None
    assert (again.kept / "infra/k8s/web.yaml").read_text() == "mine\n"
    assert (again.kept / "notes.txt").read_text() == "also mine\n"


def test_the_same_work_is_kept_once(outline: Outline) -> None:
    kept = set()
    for value in ("1", "2", "3"):
        directory = prepare(outline, "lab").directory
        (directory / "task.txt").write_text("done\n")
        (directory / "infra/made.env").write_text(f"API_KEY={value}\n")  # random in every run
        kept.add(prepare(outline, "lab").kept)
    assert len(kept) == 1


def test_different_work_is_kept_beside_it(outline: Outline) -> None:
    kept = []
    for text in ("one\n", "two\n"):
        (prepare(outline, "lab").directory / "task.txt").write_text(text)
        kept.append(prepare(outline, "lab").kept)
    assert [(place / "task.txt").read_text() for place in kept if place] == ["one\n", "two\n"]


def test_two_labs_do_not_share_a_workspace(outline: Outline) -> None:
    assert prepare(outline, "one").directory != prepare(outline, "two").directory


def test_a_workspace_that_cannot_be_written_says_so(outline: Outline) -> None:
    directory = paths.workspace_directory("lab")
    directory.parent.mkdir(parents=True)
    directory.write_text("a file where a directory should be")
    with pytest.raises(LabError, match="cannot be written"):
        prepare(outline, "lab")
