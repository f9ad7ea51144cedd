"""What 6.8 makes of the commits that Argo CD has followed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import CheckContext, CheckFailed, shell
from lab_helpers.kube.transport import Object
from labs.lab_06_expand import following, gitops

_FILE = "k8s/overlays/production/prj-04/patches/replicas-patch.yaml"


@pytest.fixture
def lab(tmp_path: Path) -> CheckContext:
    repository = tmp_path / "infra"
    (repository / _FILE).parent.mkdir(parents=True)
    shell.run(["git", "init", "--quiet"], cwd=repository)
    for name, value in (("user.name", "Learner"), ("user.email", "learner@example.com")):
        shell.run(["git", "config", name, value], cwd=repository)
    return cast(CheckContext, SimpleNamespace(workspace=tmp_path))


def _commit(lab: CheckContext, replicas: int) -> str:
    repository = lab.workspace / "infra"
    (repository / _FILE).write_text(f"spec:\n  replicas: {replicas}\n")
    shell.run(["git", "add", "--all"], cwd=repository)
    shell.run(["git", "commit", "--quiet", "--allow-empty", "--message", f"Run {replicas}"], cwd=repository)
    return shell.run(["git", "rev-parse", "HEAD"], cwd=repository).stdout.strip()


def _followed(revisions: Sequence[str], *, first: int = 0) -> Object:
    history = [
        {"id": first + number, "revision": revision, "deployedAt": "2026-11-29T12:00:00Z"}
        for number, revision in enumerate(revisions)
    ]
    return {"status": {"history": history}}


def test_a_commit_that_was_there_before_argo_cd_proves_nothing(lab: CheckContext) -> None:
    revisions = [_commit(lab, 3), _commit(lab, 3)]
    for followed in ([], revisions):  # the first where there was nothing to do
        with pytest.raises(CheckFailed, match="a commit that changed the replicas after Argo CD had begun to follow"):
            gitops._expect_changed_by_commit(lab, _followed(followed))


def test_a_commit_that_was_followed_is_what_is_asked_for(lab: CheckContext) -> None:
    revisions = [_commit(lab, 2), _commit(lab, 3)]
    gitops._expect_changed_by_commit(lab, _followed(revisions))
    gitops._expect_changed_by_commit(lab, _followed(revisions[1:], first=1))  # the first is not listed any more


def test_the_picture_begins_at_the_first_commit_that_was_applied(lab: CheckContext) -> None:
    _before, first, broken, last = [_commit(lab, replicas) for replicas in (1, 2, 4, 3)]
    rows = following.commits(lab, _followed([first, last])).tables[0].rows
    assert [row[0] for row in rows] == [first[:7], broken[:7], last[:7]]
    assert [str(row[-1]).split()[0] for row in rows] == ["applied", "never", "applied"]
