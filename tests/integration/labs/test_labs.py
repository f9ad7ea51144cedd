"""Every check fails on the untouched start and on each wrong answer, for its reason, and passes on the solution."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab_helpers import CheckFailed, Lab, open_lab, wait
from lab_helpers.addons.base import BASE
from lab_helpers.cluster import choose
from lab_helpers.workbook.course import answers, checks, outlines
from lab_helpers.workbook.course.answers import WrongAnswer
from lab_helpers.workbook.course.outlines import Step
from lab_helpers.workbook.display import cards
from lab_helpers.workbook.learner.solutions import Solution
from tests.integration.labs.golden import expect_card

pytestmark = pytest.mark.cluster

_SETTLE_SECONDS = 60.0
_GIT = ("GIT_CONFIG_SYSTEM", "GIT_PAGER", "GIT_EDITOR", "GIT_TERMINAL_PROMPT")


@dataclass(frozen=True)
class Case:
    """One try at a step: nothing done, something wrong, or the solution."""

    notebook: str
    step: Step
    wrong: WrongAnswer | None = None
    is_solution: bool = False

    def __str__(self) -> str:
        tried = self.wrong.directory.name if self.wrong else "solution" if self.is_solution else "untouched"
        return f"{self.step.id}-{tried}"


def _cases(notebook: str) -> Iterator[Case]:
    outline = outlines.load(notebook)
    wrong = [
        Case(notebook, step, answer) for step in outline.steps for answer in answers.wrong_answers(outline, step.id)
    ]
    for step in outline.steps:
        yield Case(notebook, step)
        yield from (case for case in wrong if case.step == step and case.wrong and not case.wrong.is_last)
        yield Case(notebook, step, is_solution=True)
    yield from (case for case in wrong if case.wrong and case.wrong.is_last)


_CASES = [case for notebook in outlines.notebooks() for case in _cases(notebook)]


@pytest.fixture(scope="module")
def cluster_name(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    name = f"t-labs-{os.getpid()}"
    with pytest.MonkeyPatch.context() as patch:
        # What opening a lab changes in its process, so that it is undone.
        patch.chdir(tmp_path_factory.mktemp("cwd"))
        patch.setenv("PATH", os.environ["PATH"])
        for variable in ("KUBECONFIG", "KUBECACHEDIR", "KUBERC", "GHCR_CONFIG", "NONCE", *_GIT):
            patch.setenv(variable, "")
        for variable in ("LAB_ROOM", "LAB_NOTEBOOK"):
            patch.delenv(variable, raising=False)
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        with choose.provider(choose.AUTO).create(name, _tell, BASE) as cluster:
            BASE.wait_ready(cluster, _tell)
            yield name


@pytest.fixture(scope="module")
def opened(cluster_name: str) -> Iterator[dict[str, Lab]]:
    labs: dict[str, Lab] = {}
    yield labs
    for lab in labs.values():
        if lab.watch is not None and not lab.watch.is_over:
            lab.watch.abandon()


@pytest.mark.parametrize("case", _CASES, ids=str)
def test_check(case: Case, cluster_name: str, opened: dict[str, Lab], tmp_path: Path) -> None:
    if case.notebook not in opened:
        opened[case.notebook] = open_lab(case.notebook, name=cluster_name, solve=False)
    lab = opened[case.notebook]
    if case.is_solution or case.step.is_watched:
        _settle(lab)
    if case.step.is_watched and (lab.watch is None or lab.watch.is_over or lab.watch.seen.failures):
        lab.watch_rollout()
    if case.is_solution:
        lab.shell(str(_shown(lab, case.step.id)))
        lab.check(case.step.id)
    elif case.wrong is None:
        with pytest.raises(CheckFailed):
            lab.check(case.step.id)
    else:
        _expect_caught(lab, case.wrong, tmp_path / "before")


def _shown(lab: Lab, step: str) -> Solution:
    """The solution as its card shows it."""
    (solution,) = [value for _name, value in lab.solution(step).lines if isinstance(value, Solution)]
    return solution


def _tell(line: str) -> None:
    print(line)  # noqa: T201 - shown by pytest when a test fails


def _expect_caught(lab: Lab, wrong: WrongAnswer, before: Path) -> None:
    shutil.copytree(lab.workspace, before)
    wrong.give(lab.workspace, lab.shell)
    with pytest.raises(CheckFailed) as failure:
        lab.check(wrong.step)
    said = failure.value
    assert wrong.expect in f"{said.expected}\n{said.seen}\n{said.hint}\n{said.next_step}"
    title = checks.load(lab.outline.notebook)[wrong.step].title
    expect_card(lab.outline.notebook, wrong.directory.name, repr(cards.failed(title, said, "")))
    _restore(lab.workspace, before)
    lab.shell(wrong.undo)


def _restore(workspace: Path, before: Path) -> None:
    for path in workspace.iterdir():  # not the directory itself: it is where the commands run
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    shutil.copytree(before, workspace, dirs_exist_ok=True)


def _settle(lab: Lab) -> None:
    """Wait for what the try before left behind: pods on their way out must not stand for the Deployment's."""

    def is_settled() -> bool:
        pods = [pod for namespace in lab.outline.namespaces for pod in lab.client.list("pod", namespace)]
        return not any(pod["metadata"].get("deletionTimestamp") for pod in pods)

    wait.until(is_settled, seconds=_SETTLE_SECONDS, outcome="settle", object=lab.outline.notebook)
