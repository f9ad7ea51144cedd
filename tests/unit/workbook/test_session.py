from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab_helpers import CheckFailed, Evidence, Lab, LabError, NotSupported, check
from lab_helpers.cluster.base import Capability, Cluster
from lab_helpers.images.registry import Registry
from lab_helpers.kube import diagnose
from lab_helpers.workbook import checks
from lab_helpers.workbook.steps import Outline
from lab_helpers.workbook.workspace import Workspace

_KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: lab
contexts: [{name: lab, context: {cluster: lab, user: lab}}]
clusters: [{name: lab, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: lab, user: {token: none}}]
"""


@check("9.1")
def passes(_lab: Lab) -> Evidence:
    """It holds."""
    return Evidence(pods=2)


@check("9.2")
def is_solved(lab: Lab) -> Evidence:
    """It is solved."""
    if not (lab.workspace / "solved").exists():
        raise CheckFailed("a file", seen="none", hint="touch it", next_step="touch solved")
    return Evidence(file="solved")


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAB_EVENTS", str(tmp_path / "events.jsonl"))
    return tmp_path / "events.jsonl"


def _lab(outline: Outline, tmp_path: Path, *, solve: bool = False) -> Lab:
    directory = tmp_path / "workspace"
    directory.mkdir()
    (tmp_path / "kubeconfig").write_text(_KUBECONFIG)
    (tmp_path / "password").write_text("pull-me-if-you-can\n")
    registry = Registry("ghcr.io", "127.0.0.1", 443, tmp_path / "ca.crt", "lab", tmp_path / "password")
    cluster = SimpleNamespace(
        name="lab",
        provider="fake",
        kubeconfig=tmp_path / "kubeconfig",
        registry=registry,
        capabilities=frozenset({Capability.NAMESPACES}),
        storage_class="local-path",
    )
    return Lab(outline, cast(Cluster, cluster), Workspace(directory, None), solve=solve)


@pytest.fixture(autouse=True)
def toy_checks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    found = {"9.1": passes, "9.2": is_solved}
    monkeypatch.setattr(checks, "load", lambda _: found)
    monkeypatch.setattr(diagnose, "diagnose", lambda _client, namespace: f"nothing wrong in {namespace}")
    return found


def _told(events: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in events.read_text().splitlines()]


def test_a_proven_step_is_shown_and_told(
    outline: Outline, tmp_path: Path, events: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _lab(outline, tmp_path).check("9.1")
    assert "✓ 9.1 It holds" in capsys.readouterr().out
    (event,) = _told(events)
    assert (event["kind"], event["notebook"], event["step"], event["title"]) == ("check", "09_toy", "9.1", "First")
    assert (event["state"], event["evidence"]) == ("passed", {"pods": 2})


def test_a_failed_step_is_shown_told_and_raised(
    outline: Outline, tmp_path: Path, events: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CheckFailed):
        _lab(outline, tmp_path).check("9.2")
    card = capsys.readouterr().out
    assert "✗ 9.2 not yet" in card
    assert "nothing wrong in n" in card
    (event,) = _told(events)
    assert (event["state"], event["expected"], event["seen"], event["hint"]) == ("failed", "a file", "none", "touch it")
    assert (event["next_step"], event["diagnosis"]) == ("touch solved", "nothing wrong in n")


def test_a_step_the_cluster_cannot_do_is_skipped_with_the_reason(
    outline: Outline, tmp_path: Path, events: Path, toy_checks: dict[str, Any]
) -> None:
    @check("9.1")
    def needs_more(_lab: Lab) -> Evidence:
        """It holds."""
        raise NotSupported("needs a second node")

    toy_checks["9.1"] = needs_more
    _lab(outline, tmp_path).check("9.1")
    (event,) = _told(events)
    assert (event["state"], event["reason"]) == ("skipped", "needs a second node")


def test_a_step_that_needs_more_is_neither_solved_nor_checked(outline: Outline, tmp_path: Path, events: Path) -> None:
    _solution(outline, "9.2")
    needy = [replace(step, needs=frozenset({Capability.CLUSTER_READ})) for step in outline.steps]
    lab = _lab(replace(outline, steps=tuple(needy)), tmp_path, solve=True)
    lab.check("9.2")
    (event,) = _told(events)
    assert event["state"] == "skipped"
    assert event["reason"].startswith("needs cluster-read (")
    assert event["reason"].endswith("provider fake does not give")
    assert not (lab.workspace / "solved").exists()


def test_a_shell_cell_leaves_out_what_needs_more_and_says_so(
    outline: Outline, tmp_path: Path, events: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _lab(outline, tmp_path).shell("# needs: cluster-read\ntouch nodes\n\n# needs: namespaces\ntouch namespace")
    assert {path.name for path in (tmp_path / "workspace").iterdir()} == {"namespace"}
    assert "– skipped: touch nodes" in capsys.readouterr().out
    (event,) = _told(events)
    assert (event["kind"], event["title"], event["state"]) == ("cell", "touch nodes", "skipped")


def _solution(outline: Outline, step: str) -> None:
    directory = outline.directory / "solution" / step
    directory.mkdir(parents=True)
    (directory / "run.sh").write_text("touch solved\n")


def test_what_is_left_to_the_learner_is_solved_when_asked_for(outline: Outline, tmp_path: Path) -> None:
    _solution(outline, "9.2")
    _lab(outline, tmp_path, solve=True).check("9.2")


def test_a_worked_step_is_never_solved_by_its_check(outline: Outline, tmp_path: Path) -> None:
    _solution(outline, "9.1")
    lab = _lab(outline, tmp_path, solve=True)
    lab.check("9.1")
    assert not (lab.workspace / "solved").exists()


def test_each_hint_goes_further_and_the_last_one_stays(outline: Outline, tmp_path: Path) -> None:
    lab = _lab(outline, tmp_path)
    assert [repr(lab.hint("9.1")).split()[-1] for _ in range(3)] == ["look", "closer", "closer"]


def test_a_solution_can_be_read(outline: Outline, tmp_path: Path) -> None:
    _solution(outline, "9.2")
    assert "touch solved" in repr(_lab(outline, tmp_path).solution("9.2"))


def test_shell_cells_print_no_secrets(outline: Outline, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _lab(outline, tmp_path).shell("echo pull-me-if-you-can; pwd")
    out = capsys.readouterr().out
    assert "pull-me-if-you-can" not in out
    assert str(tmp_path / "workspace") in out


def test_a_lab_without_anything_to_watch_says_so(outline: Outline, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="nothing to watch"):
        _lab(outline, tmp_path).watch_rollout()


def test_the_nonce_of_each_session_is_its_own(outline: Outline, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert _lab(outline, tmp_path / "a").nonce != _lab(outline, tmp_path / "b").nonce
