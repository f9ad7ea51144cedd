from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import LabError
from lab_helpers.workbook.course import answers
from lab_helpers.workbook.course.outlines import Outline


def _write(outline: Outline, name: str, text: str) -> None:
    file = outline.directory / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_a_solution_lays_its_files_then_runs_its_commands(outline: Outline, tmp_path: Path) -> None:
    _write(outline, "solution/9.1/files/deep/pod.yaml", "kind: Pod\n")
    _write(outline, "solution/9.1/run.sh", "kubectl apply -f deep/pod.yaml\n")
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    ran: list[str] = []

    def run(commands: str) -> None:
        assert (workspace / "deep/pod.yaml").read_text() == "kind: Pod\n"
        ran.append(commands)

    answers.solution(outline, "9.1").give(workspace, run)
    assert ran == ["kubectl apply -f deep/pod.yaml\n"]


def test_a_missing_solution_is_an_error(outline: Outline) -> None:
    with pytest.raises(LabError, match=r"step 9\.2: the lab has no solution"):
        answers.solution(outline, "9.2")


def test_wrong_answers_belong_to_their_step(outline: Outline) -> None:
    _write(outline, "wrong/b/wrong.toml", 'step = "9.1"\nmistake = "B."\nexpect = "b"\n')
    _write(outline, "wrong/a/wrong.toml", 'step = "9.1"\nmistake = "A."\nexpect = "a"\nlast = true\n')
    _write(outline, "wrong/a/undo.sh", "kubectl delete pod a\n")
    _write(outline, "wrong/c/wrong.toml", 'step = "9.2"\nmistake = "C."\nexpect = "c"\n')
    wrong_answers = answers.wrong_answers(outline, "9.1")
    assert [(answer.expect, answer.is_last, answer.undo) for answer in wrong_answers] == [
        ("a", True, "kubectl delete pod a\n"),
        ("b", False, ""),
    ]
