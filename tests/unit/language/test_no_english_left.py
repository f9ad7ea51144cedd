"""In the pseudo-language no English is left on cards, in pictures, on the map and in the report.

The data of these tests has no letter that wears an accent in the pseudo-language, so every plain one was forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest

from lab_helpers import Evidence
from lab_helpers.cluster.base import Capability
from lab_helpers.errors import CheckFailed, LabError
from lab_helpers.events import Event
from lab_helpers.observe.milestones import Milestone
from lab_helpers.observe.timeline import Phase, PodSample
from lab_helpers.observe.traffic import Request
from lab_helpers.run.report.junit import write_junit
from lab_helpers.run.report.results import NotebookResult, RunResult, with_steps
from lab_helpers.run.report.writing import write_report
from lab_helpers.workbook.course import checks, needs, outlines
from lab_helpers.workbook.display import cards
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.learner.phase_map import map_card, map_lines, map_markdown
from lab_helpers.workbook.learner.phases import phases
from lab_helpers.workbook.pictures.moments import moments
from lab_helpers.workbook.pictures.node_model import losses
from lab_helpers.workbook.pictures.picture import (
    Picture,
    Survival,
    persistence_picture,
    rollout_picture,
    topology_picture,
)
from lab_helpers.workbook.pictures.topology_model import Claim, Deployment, Namespace, Pod, ReplicaSet, Service
from lab_helpers.workbook.session import guidance, predictions

# What is the same in every language: names of files, commands, fields and attributes of the page.
_NAMES = frozenset({"lab", "hint", "cluster", "read", "namespaces", "nodes", "notebooks", "ipynb", "first", "deploy"})


@pytest.fixture(autouse=True)
def _spoken(pseudo_language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", pseudo_language)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def _english_in(text: str, *names: str) -> set[str]:
    """The words in plain letters that would wear an accent if they had been given to a translator."""
    words = re.findall(r"(?<![^\W\d_])[A-Za-z]{2,}(?![^\W\d_])", re.sub(r"`[^`]*`|{[^{}]*}", "", text))
    return {word for word in words if re.search("[aceinosuyz]", word)} - {*_NAMES, *names}


def _page_text(page: str) -> str:
    """What a page says, to the eye and to those who hear it read."""
    page = re.sub(r"<style.*?</style>|data:image[^\"]*", "", page, flags=re.DOTALL)
    page = re.sub("</?code[^>]*>", "`", page)
    attributes = re.findall(r'(?:alt|title|aria-label)="([^"]*)"', page)
    return unescape("\n".join([*attributes, re.sub(r"<[^>]*>", " ", page)]))


def _shown(thing: object) -> str:
    page_form = getattr(thing, "_repr_html_", None)
    return repr(thing) + (_page_text(page_form()) if page_form else "")


def _cards() -> Iterator[cards.Card]:
    failure = CheckFailed("b", seen="d", hint="f", step="9.1", next_step="g", evidence={"h": Table(("p",), [("q",)])})
    yield cards.passed("9.1", "t", Evidence(nodes_Ready=1), [("", "x")])
    yield cards.failed("t", failure, "d")
    yield cards.skipped("9.1", "t", needs.reason(frozenset(Capability), "k3d"))
    yield cards.stopped(LabError("b", object="d", last_event="f", next_step="g"))
    yield guidance.hints_withheld("9.1")
    yield guidance.solutions_withheld("9.1")


@pytest.mark.parametrize("number", range(6))
def test_cards(number: int) -> None:
    assert _english_in(_shown(list(_cards())[number]), *re.findall(r"\w+", " ".join(Capability))) == set()


@pytest.mark.parametrize("lab", outlines.notebooks())
def test_hints_and_predictions(lab: str) -> None:
    for step in outlines.load(lab).steps:
        for number in range(1, len(step.hints) + 1):
            assert _english_in(_shown(guidance.hint(step, number))) == set()
        if step.prediction is None:
            continue
        answers = " ".join(step.prediction.replies)  # typed as they are in every language
        for answer in step.prediction.replies:
            shown = [
                *(predictions.unanswered(step.id, step.prediction, guess) for guess in ("...", "b")),
                predictions.recorded(step.id, step.prediction, answer),
                predictions.too_late(step.id, answer),
                predictions.too_late(step.id, ""),
                predictions.beside(step.prediction, answer),
            ]
            assert _english_in("".join(map(_shown, shown)), *re.findall(r"[^\W\d]+", answers)) == set()


@pytest.mark.parametrize("lab", outlines.notebooks())
def test_what_a_check_proves(lab: str) -> None:
    assert {word for check in checks.load(lab).values() for word in _english_in(check.title)} == set()


def test_the_map() -> None:
    phase_list = phases("b")
    shown = [
        *map(_shown, [map_card(phase_list, "03_cluster")]),
        *map_lines(phase_list),
        map_markdown(phase_list, lambda _: "b", "a.md"),
    ]
    assert _english_in("\n".join(shown)) == set()


_PHASES: tuple[tuple[float, Phase], ...] = ((0.0, "pending"), (0.5, "running"), (1.0, "ready"), (9.0, "terminating"))


def _rollout() -> Picture:
    pods = [("p-1", "v1", 1.0), ("p-2", "v2", 2.0)]
    samples = [PodSample(at + later, name, 1, tag, phase) for name, tag, at in pods for later, phase in _PHASES]
    requests = [Request(1, 1.5, 200, "v1", 1.0, "", ""), Request(2, 2.5, 500, "v2", 1.0, "", "")]
    requests += [Request(number, 2.5 + number / 9, 0, "", 1.0, "b", "") for number in range(3, 12)]
    turns = [Milestone(0.5, "asked for", "v1")]
    turns += [Milestone(2.0, "asked for", "v2"), Milestone(4.0, "stalled", "v2"), Milestone(5.0, "asked for", "v1")]
    turns += [Milestone(6.0, "complete", "v1"), Milestone(7.0, "asked for", "v1"), Milestone(8.0, "deleted", "v1")]
    return rollout_picture(samples, requests, moments(turns, samples), {"p-1": 11.0})


def _death() -> Picture:
    phases: tuple[tuple[float, str, str, Phase], ...] = (
        (0, "p-1", "n-1", "ready"),
        (2, "p-1", "n-1", "running"),
        (3, "p-1", "n-1", "terminating"),
        (4, "p-2", "n-2", "ready"),
        (5, "p-3", "", "pending"),
    )
    samples = [PodSample(at, pod, 1, "v1", phase, node) for at, pod, node, phase in phases]
    return rollout_picture(samples, [Request(1, 1.5, 200, "v1", 1.0, "", "")], losses(samples), is_by_node=True)


def _topology() -> Picture:
    return topology_picture(
        [
            Namespace(
                name="m-1",
                is_there=True,
                deployments=(Deployment("d-1", 1, 2),),
                replicasets=(ReplicaSet("r-1", "d-1", 1, "v1", 1), ReplicaSet("r-2", "d-1", 2, "v2", 0)),
                pods=(Pod("p-1", "r-1", "ready", ("d-1",)), Pod("p-2", "", "pending", ())),
                services=(Service("b-1", ("p-1",), ("p-2",)),),
                claims=(Claim("d-1", "B", "v-1", "1 G"),),
                configmaps=("k-1",),
                secrets=("k-2",),
            )
        ]
    )


def _persistence() -> Picture:
    return persistence_picture([Survival("d", {"b": True, "f": False, "g": None}, "/d"), Survival("k", {"b": True})])


@pytest.mark.parametrize("draw", [_rollout, _death, _topology, _persistence])
def test_pictures(draw: Callable[[], Picture]) -> None:
    picture = draw()
    assert (
        _english_in(picture.title + picture.text + _page_text(picture.svg) + _page_text(picture._repr_html_())) == set()
    )


def _run(tmp_path: Path, *, error: str) -> RunResult:
    fields = {"notebook": "05_first_deploy", "title": "t"}
    failed = {"expected": "b", "seen": "d", "hint": "f", "next_step": "g", "diagnosis": "h"}
    events = [
        Event("check", 1.0, {**fields, "step": "5.1", "state": "passed", "seconds": 99.0, "evidence": {"b": True}}),
        Event("check", 1.0, {**fields, "step": "5.2", "state": "failed", "seconds": 1.0, **failed}),
        Event("check", 1.0, {**fields, "step": "5.3", "state": "failed"}),
        Event("check", 1.0, {**fields, "step": "5.4", "state": "skipped", "reason": "b"}),
        Event("cell", 1.0, {**fields, "state": "skipped", "reason": "b"}),
    ]
    result = NotebookResult("05_first_deploy", "failed" if error else "passed", 61.0, error, tmp_path / "b.ipynb")
    result = with_steps(result, events, [(f"5.{number}", "t") for number in range(1, 6)])
    empty = NotebookResult("03_cluster", "passed", 1.0, "", tmp_path / "d.ipynb")
    return RunResult([result, empty], "b", "k3d", "v1", 1795459000.0, 125.0, {"b": "d"}, "qps")


@pytest.mark.parametrize("error", ["", "b"])
def test_the_report(error: str, tmp_path: Path) -> None:
    run = _run(tmp_path, error=error)
    write_report(tmp_path / "report.html", run)
    page = (tmp_path / "report.html").read_text()
    assert '<html lang="qps">' in page
    assert _english_in(_page_text(page)) == set()
    write_junit(tmp_path / "junit.xml", run)
    texts = re.findall(r'message="([^"]*)"|>([^<]*)<', (tmp_path / "junit.xml").read_text())
    assert _english_in("\n".join(map("".join, texts))) == set()
