"""Notebook 02 begins with prj-02 as the template has it, but for gaps: its starter's copies do not go stale."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab_helpers import shell
from lab_helpers.images import applications
from lab_helpers.workbook.course import answers, outlines

_PART = "app/prj_02"
_INSTRUCTIONS = ("EXPOSE", "USER", "ENV", "LABEL", "CMD")


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """The application as the template has it: at the last release before its story branches."""
    application = applications.load("prj_02")
    (_first, second, *later) = application.releases
    assert [release.base_tag for release in later].count(second.tag) > 1
    applications.write_source(application, second, tmp_path / "whole")
    return tmp_path / "whole"


def test_whoever_fills_the_gaps_has_the_application_again(whole: Path, tmp_path: Path) -> None:
    outline = outlines.load("02_app_repo")
    starter = outline.directory / "starter/template" / _PART
    copies = sorted(str(path.relative_to(starter)) for path in starter.rglob("*") if path.is_file())
    repository = Path(shutil.copytree(whole, tmp_path / "prj-02"))
    shutil.copytree(starter, repository, dirs_exist_ok=True)
    assert _differing(copies, repository, whole) == copies, "each of them has a gap"
    for step in ("2.2", "2.3", "2.4"):
        for script in answers.solution(outline, step).scripts:
            if script.edits and not script.commits:
                shell.run(["bash", "-e", "-c", script.text], cwd=tmp_path)
    assert _differing(copies, repository, whole) == ["Dockerfile"], "the application's own is built in two stages"
    assert _end(repository / "Dockerfile") == _end(whole / "Dockerfile")


def _differing(names: list[str], repository: Path, whole: Path) -> list[str]:
    return [name for name in names if _statements(repository / name) != _statements(whole / name)]


def _statements(file: Path) -> list[str]:
    """The lines that say something to the program; a schema says the same in another order."""
    lines = [line for line in file.read_text().splitlines() if line and not line.lstrip().startswith("//")]
    return sorted(lines) if file.name == ".env.example" else lines


def _end(dockerfile: Path) -> list[str]:
    lines = dockerfile.read_text().splitlines()
    return [line for line in lines if line.startswith(_INSTRUCTIONS)]
