"""`lab template`: what it prints of a repository that has gone its own way."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import versions
from lab_helpers.images import applications
from lab_helpers.workbook.learner import git
from tests.commands import run_lab


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    application = applications.load("prj_02")
    applications.write_source(application, application.releases[1], tmp_path)
    git.init(tmp_path)
    return tmp_path


def test_status_says_where_it_came_from_and_what_is_its_own(repository: Path) -> None:
    (repository / "src/mine.js").touch()
    printed = run_lab("template", "status", str(repository)).stdout
    current = versions.TEMPLATE
    assert printed.splitlines() == [
        f"from app/prj_02 v1.1.0 of k8s-architecture-lab {current}, which is at {current} now",
        "the template has not changed these files since",
        "you changed:",
        "  A src/mine.js",
    ]


def test_diff_prints_nothing_where_nothing_changed(repository: Path) -> None:
    printed = run_lab("template", "diff", str(repository))
    assert (printed.stdout, printed.returncode) == ("", 0)
    assert "the template has not changed these files since" in printed.stderr


def test_what_came_from_nowhere_is_an_error(tmp_path: Path) -> None:
    refused = run_lab("template", "status", str(tmp_path))
    assert refused.returncode == 1
    assert f"{tmp_path}: is not the top of a Git repository\n  next: git -C {tmp_path}" in refused.stderr
