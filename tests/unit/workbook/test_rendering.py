"""A learner's kustomization is rendered once a look; what kustomize refuses is told with what to look at."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab_helpers import shell, wait
from lab_helpers.errors import CheckFailed, CommandFailed
from lab_helpers.workbook.learner import rendering
from lab_helpers.workbook.learner.rendering import NotRendered


class _Kubectl:
    """Says what kustomize says, and counts how often it was asked."""

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.calls = 0

    def __call__(self, command: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
        self.calls += 1
        assert command == ["kubectl", "kustomize", "overlay"]
        if self.refusal:
            raise CommandFailed(command, 1, f"first\nerror: {cwd}/{self.refusal}\n")
        return subprocess.CompletedProcess(command, 0, "kind: Service\n---\n---\nkind: Deployment\n", "")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "overlay").mkdir()
    (tmp_path / "overlay/kustomization.yaml").write_text("resources: []\n")
    return tmp_path


def test_within_a_look_it_is_rendered_once(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kubectl = _Kubectl()
    monkeypatch.setattr(shell, "run", kubectl)
    with wait.look(5):
        objects = [rendering.render(workspace, "overlay") for _time in range(2)]
    assert [[item["kind"] for item in each] for each in objects] == [["Service", "Deployment"]] * 2
    assert kubectl.calls == 1
    for _time in range(2):
        with wait.look(5):
            rendering.render(workspace, "overlay")
    rendering.render(workspace, "overlay")
    assert kubectl.calls == 4


@pytest.mark.parametrize(
    ("refusal", "hint"),
    [
        ("gone.yaml: no such file or directory", "that is not there"),
        ("patch: no matches for Id Deployment.apps/web", "names an object that is none"),
        ("patch: unknown field", "nothing of the overlay reaches the cluster"),
    ],
)
def test_a_refusal_is_told_from_its_last_line(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, refusal: str, hint: str
) -> None:
    monkeypatch.setattr(shell, "run", _Kubectl(refusal))
    with pytest.raises(NotRendered) as refused:
        rendering.render(workspace, "overlay")
    assert refused.value.seen == f"error: {refusal}"
    assert hint in refused.value.hint


def test_what_cannot_be_read_is_told_before_kustomize_is_asked(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl = _Kubectl()
    monkeypatch.setattr(shell, "run", kubectl)
    (workspace / "overlay/kustomization.yaml").write_text("resources: [\n")
    with pytest.raises(CheckFailed, match=r"overlay/kustomization\.yaml"):
        rendering.render(workspace, "overlay")
    assert kubectl.calls == 0
