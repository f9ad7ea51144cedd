from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab_helpers import CheckContext, CheckFailed, Evidence, Lab, LabError, NotSupported, check, wait
from lab_helpers.cluster.base import Capability, Cluster, State
from lab_helpers.cluster.loss import FULL, End, explain
from lab_helpers.errors import Forbidden, WaitTimeout
from lab_helpers.images.registry import Registry
from lab_helpers.kube import diagnose
from lab_helpers.kube.client import Client
from lab_helpers.kube.transport import Transport
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.course import checks
from lab_helpers.workbook.course.checks import CheckBroken
from lab_helpers.workbook.course.outlines import Outline, Watched
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.learner import progress
from lab_helpers.workbook.learner.workspace import Workspace
from lab_helpers.workbook.pictures.observation import RolloutObservation
from lab_helpers.workbook.session import health, shell_cells
from lab_helpers.workbook.session.causes import Cause
from lab_helpers.workbook.session.health import ClusterGone, ClusterSilent
from lab_helpers.workbook.session.shell_cells import CellFailed
from lab_helpers.workbook.session.watching import RolloutWatch
from tests.unit.workbook.conftest import FakeMaker

_KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: lab
contexts: [{name: lab, context: {cluster: lab, user: lab}}]
clusters: [{name: lab, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: lab, user: {token: none}}]
"""


@check("9.1")
def passes(_lab: CheckContext) -> Evidence:
    """It holds."""
    return Evidence(pods=2)


@check("9.2")
def is_solved(lab: CheckContext) -> Evidence:
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
    directory.mkdir(exist_ok=True)
    (tmp_path / "kubeconfig").write_text(_KUBECONFIG)
    (tmp_path / "password").write_text("pull-me-if-you-can\n")
    registry = Registry("ghcr.io", "127.0.0.1", 443, tmp_path / "ca.crt", "lab", tmp_path / "password")
    cluster = SimpleNamespace(
        name="lab",
        provider="fake",
        kubeconfig=tmp_path / "kubeconfig",
        directory=tmp_path,
        registry=registry,
        capabilities=frozenset({Capability.NAMESPACES}),
        storage_class="local-path",
        entry=None,
    )
    begun = progress.fresh("lab", outline.notebook, health.identity(cast(Cluster, cluster)))
    learner_progress = progress.load("lab", outline.notebook) or begun
    learner_progress.write()
    return Lab(outline, cast(Cluster, cluster), Workspace(directory), learner_progress, solve=solve)


@pytest.fixture(autouse=True)
def toy_checks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    by_step = {"9.1": passes, "9.2": is_solved}
    monkeypatch.setattr(checks, "load", lambda _: by_step)
    monkeypatch.setattr(diagnose, "diagnose", lambda _client, namespace: f"nothing wrong in {namespace}")
    return by_step


def _events(events: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in events.read_text().splitlines()]


def test_a_proven_step_is_shown_and_told(
    outline: Outline, tmp_path: Path, events: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _lab(outline, tmp_path).check("9.1")
    assert "✓ 9.1 It holds" in capsys.readouterr().out
    (event,) = _events(events)
    assert (event["kind"], event["notebook"], event["step"], event["title"]) == ("check", "09_toy", "9.1", "First")
    assert (event["state"], event["evidence"]) == ("passed", {"pods": 2})


def test_a_table_is_told_as_data(outline: Outline, tmp_path: Path, events: Path, toy_checks: dict[str, Any]) -> None:
    pods = Table(("pod", "state"), [("web", "Ready")])

    @check("9.1", seconds=0)
    def listed(_lab: CheckContext) -> Evidence:
        """It holds."""
        return Evidence(pods=pods)

    toy_checks["9.1"] = listed
    _lab(outline, tmp_path).check("9.1")
    (event,) = _events(events)
    assert event["evidence"] == {"pods": {"columns": ["pod", "state"], "rows": [["web", "Ready"]], "caption": ""}}


def test_a_failed_step_is_shown_told_and_raised(
    outline: Outline, tmp_path: Path, events: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CheckFailed):
        _lab(outline, tmp_path).check("9.2")
    card = capsys.readouterr().out
    assert "✗ 9.2 not yet" in card
    assert "nothing wrong in n" in card
    (event,) = _events(events)
    assert (event["state"], event["expected"], event["seen"], event["hint"]) == ("failed", "a file", "none", "touch it")
    assert (event["next_step"], event["diagnosis"]) == ("touch solved", "nothing wrong in n")


def test_a_step_the_cluster_cannot_do_is_skipped_with_the_reason(
    outline: Outline, tmp_path: Path, events: Path, toy_checks: dict[str, Any]
) -> None:
    @check("9.1")
    def needs_more(_lab: CheckContext) -> Evidence:
        """It holds."""
        raise NotSupported("needs a second node")

    toy_checks["9.1"] = needs_more
    _lab(outline, tmp_path).check("9.1")
    (event,) = _events(events)
    assert (event["state"], event["reason"]) == ("skipped", "needs a second node")


@pytest.mark.parametrize("capability", [Capability.CLUSTER_READ, Capability.BUILDS])
def test_a_step_that_needs_more_is_neither_solved_nor_checked(
    outline: Outline, tmp_path: Path, events: Path, capability: Capability
) -> None:
    _solution(outline, "9.2")
    needy = [replace(step, needs=frozenset({capability})) for step in outline.steps]
    lab = _lab(replace(outline, steps=tuple(needy)), tmp_path, solve=True)
    lab.check("9.2")
    (event,) = _events(events)
    assert event["state"] == "skipped"
    assert event["reason"].startswith(f"needs {capability} (")
    is_builder = capability == Capability.BUILDS
    lacks = "which takes Docker or buildah, and neither" if is_builder else "which a cluster of provider fake does not"
    assert lacks in event["reason"]
    assert not (lab.workspace / "solved").exists()


def test_a_shell_cell_leaves_out_what_needs_more_and_says_so(
    outline: Outline, tmp_path: Path, events: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _lab(outline, tmp_path).shell("# needs: cluster-read\ntouch nodes\n\n# needs: namespaces\ntouch namespace")
    assert {path.name for path in (tmp_path / "workspace").iterdir()} == {"namespace"}
    assert "– skipped: touch nodes" in capsys.readouterr().out
    (event,) = _events(events)
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


def test_each_hint_goes_further_and_then_comes_the_solution(outline: Outline, tmp_path: Path, events: Path) -> None:
    _solution(outline, "9.1")
    lab = _lab(outline, tmp_path)
    cards = [repr(lab.hint("9.1")) for _ in range(3)]
    assert ["hint 1 of 2" in cards[0], "hint 2 of 2" in cards[1], "look closer" in cards[1]] == [True] * 3
    assert "touch solved" in cards[2]
    assert [event["state"] for event in _events(events)] == ["hint", "hint", "solution shown"]


def test_how_many_hints_were_taken_outlives_the_kernel(outline: Outline, tmp_path: Path) -> None:
    _lab(outline, tmp_path).hint("9.1")
    assert "hint 2 of 2" in repr(_lab(outline, tmp_path).hint("9.1"))


@pytest.mark.parametrize(("withheld", "said"), [("hints", "no hints here"), ("solutions,hints", "no hints here")])
def test_hints_can_be_withheld(
    outline: Outline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, withheld: str, said: str
) -> None:
    monkeypatch.setenv("LAB_WITHHOLD", withheld)
    assert said in repr(_lab(outline, tmp_path).hint("9.1"))


def test_solutions_can_be_withheld_and_hints_lead_no_further(
    outline: Outline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _solution(outline, "9.1")
    monkeypatch.setenv("LAB_WITHHOLD", "solutions")
    lab = _lab(outline, tmp_path)
    cards = [repr(lab.hint("9.1")) for _ in range(3)] + [repr(lab.solution("9.1"))]
    assert ["touch solved" in card for card in cards] == [False] * 4
    assert "no solution here" in cards[2]
    assert cards[2] == cards[3]


def test_a_solution_can_be_read(outline: Outline, tmp_path: Path) -> None:
    _solution(outline, "9.1")
    _solution(outline, "9.2")
    assert "touch solved" in repr(_lab(outline, tmp_path).solution("9.2"))


def test_the_solution_of_a_watched_step_names_its_stream(outline: Outline, tmp_path: Path) -> None:
    for step in ("9.1", "9.2"):
        _solution(outline, step)
    lab = _lab(outline, tmp_path)
    assert ["`lab.watch_rollout` starts it" in repr(lab.solution(step)) for step in ("9.1", "9.2")] == [False, True]


def test_shell_cells_print_no_secrets(outline: Outline, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _lab(outline, tmp_path).shell("echo pull-me-if-you-can; pwd")
    out = capsys.readouterr().out
    assert "pull-me-if-you-can" not in out
    assert str(tmp_path / "workspace") in out


def test_a_lab_without_anything_to_watch_says_so(outline: Outline, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="nothing to watch"):
        _lab(outline, tmp_path).watch_rollout()


def test_what_is_watched_is_asked_for_by_its_name(
    outline: Outline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(RolloutWatch, "__init__", lambda _self, _client, watched, _secret: started.append(watched.url))
    monkeypatch.setattr(RolloutWatch, "start", lambda _self: None)
    monkeypatch.setattr(RolloutWatch, "abandon", lambda _self: None)
    first = Watched("web", "n", "http://web.n/", "ghcr.io/org/web:v1.0.0", "web")
    both = replace(outline, watched=(first, replace(first, name="shop", url="http://shop.n/")))
    lab = _lab(both, tmp_path)
    lab.watch_rollout("shop")
    assert started == ["http://shop.n/"]
    for name in ("", "shops"):
        with pytest.raises(LabError, match="is nothing that this notebook watches; it watches web, shop"):
            lab.watch_rollout(name)
    assert started == ["http://shop.n/"]


def test_of_a_notebook_that_is_not_supported_every_step_and_command_is_skipped(
    outline: Outline, tmp_path: Path, events: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watched = (Watched("web", "n", "http://web.n/", "ghcr.io/org/web:v1.0.0"),)
    lab = _lab(replace(outline, watched=watched), tmp_path)
    lab.unsupported = "needs nodes"
    lab.shell("touch first\n\ntouch second")
    lab.watch_rollout()
    lab.check("9.1")
    shown = capsys.readouterr().out
    assert all(f"– skipped: {title}" in shown for title in ("touch first", "lab.watch_rollout"))
    assert [(event["state"], event["reason"]) for event in _events(events)] == [("skipped", "needs nodes")] * 3
    assert not list((tmp_path / "workspace").iterdir())


def test_the_word_is_the_same_after_a_restart_and_another_after_a_new_beginning(
    outline: Outline, tmp_path: Path
) -> None:
    first = _lab(outline, tmp_path).nonce
    assert _lab(outline, tmp_path).nonce == first
    progress.forget("lab", outline.notebook)
    assert _lab(outline, tmp_path).nonce != first


def test_what_a_check_saw_outlives_the_kernel(outline: Outline, tmp_path: Path, toy_checks: dict[str, Any]) -> None:
    @check("9.1")
    def remembers(lab: CheckContext) -> Evidence:
        """It holds."""
        lab.observations["holder"] = "a-pod"
        return Evidence(pods=2)

    toy_checks["9.1"] = remembers
    _lab(outline, tmp_path).check("9.1")
    assert _lab(outline, tmp_path).observations == {"holder": "a-pod"}


def test_a_page_that_was_open_during_a_reset_says_so(outline: Outline, tmp_path: Path) -> None:
    lab = _lab(outline, tmp_path)
    progress.fresh("lab", outline.notebook, "uid").write()
    with pytest.raises(LabError, match="was reset since this page opened it"):
        lab.check("9.1")
    current = progress.load("lab", outline.notebook)
    assert current is not None
    assert current.steps == {}


def test_what_to_do_with_a_page_that_was_reset_is_to_reload_it(outline: Outline, tmp_path: Path) -> None:
    lab = _lab(outline, tmp_path)
    progress.fresh("lab", outline.notebook, "uid").write()
    for use in (lambda: lab.shell("touch used"), lambda: lab.check("9.1"), lab.watch_rollout, lab.topology):
        with pytest.raises(LabError, match="nothing on this page counts any more") as failure:
            use()
        assert "Reload the notebook from disk" in failure.value.next_step
    assert not (lab.workspace / "used").exists()


def test_a_cluster_that_has_ended_is_one_card_with_the_way_back(
    outline: Outline, tmp_path: Path, maker: FakeMaker, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = _lab(outline, tmp_path)
    maker.current = State.ENDED
    monkeypatch.setattr(
        Transport, "call", lambda *_arguments, **_settings: pytest.fail("asked, and would be waited for")
    )
    for use in (lambda: lab.shell("touch used"), lambda: lab.check("9.1"), lab.watch_rollout, lab.topology):
        with pytest.raises(ClusterGone, match="its cluster has ended") as failure:
            use()
        assert failure.value.next_step.startswith("Run the notebook's first two code cells")
    assert "its cluster has ended" in repr(lab), "also where the lab shows itself"
    assert not (lab.workspace / "used").exists()
    assert not events.exists(), "no verdict"


@pytest.mark.parametrize(
    ("end", "reason", "next_step"),
    [
        (
            End("a-1", -9, "etcd ended with -9"),
            "its node a-1 was killed (SIGKILL)",
            "Your files and your place are kept. ",
        ),
        (End(FULL), "the disk is full below", "Make room on the disk first: `df -h"),
    ],
)
def test_the_card_of_a_cluster_that_has_ended_says_why(
    outline: Outline, tmp_path: Path, maker: FakeMaker, end: End, reason: str, next_step: str
) -> None:
    lab = _lab(outline, tmp_path)
    maker.current, maker.lost = State.ENDED, explain("lab", end, tmp_path / "cluster", is_kept=True)
    with pytest.raises(ClusterGone) as failure:
        lab.check("9.1")
    assert failure.value.reason.startswith("its cluster has ended: ")
    assert reason in failure.value.reason
    assert failure.value.last_event == end.log
    assert failure.value.next_step.startswith(next_step)
    assert failure.value.next_step.endswith("Run the notebook's first two code cells: they find or make a cluster.")


def test_another_cluster_in_its_place_is_not_taken_for_it(outline: Outline, tmp_path: Path) -> None:
    lab = _lab(outline, tmp_path)
    (tmp_path / "kubeconfig").write_text(_KUBECONFIG.replace("127.0.0.1:1", "127.0.0.1:2"))
    with pytest.raises(ClusterGone, match="another one than this page was opened on"):
        lab.check("9.1")


def test_a_cell_whose_cluster_goes_away_meanwhile_says_that(
    outline: Outline, tmp_path: Path, maker: FakeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        maker.current = State.ABSENT
        raise CellFailed(1, Cause("The connection to the server 127.0.0.1:0 was refused", "", ""))

    monkeypatch.setattr(shell_cells, "run", fail)
    with pytest.raises(ClusterGone):
        _lab(outline, tmp_path).shell("kubectl get pods")


def _silence(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_client: Client) -> str:
        raise WaitTimeout("did not answer within 2 s", last_event="ReadTimeoutError")

    monkeypatch.setattr(Client, "server_version", silent)


def test_a_cluster_that_does_not_answer_is_no_verdict(
    outline: Outline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, events: Path
) -> None:
    _silence(monkeypatch)
    with pytest.raises(ClusterSilent, match="did not answer within 2 s") as failure:
        _lab(outline, tmp_path).check("9.1")
    assert failure.value.next_step.startswith("Wait a moment and run the cell again")
    assert not events.exists()


def test_who_has_time_waits_longer_for_an_answer(
    outline: Outline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds: list[float] = []
    monkeypatch.setattr(Client, "server_version", lambda _client: seconds.append(wait.at_most(math.inf)))
    lab = _lab(outline, tmp_path)
    lab.health.answer_seconds = 120.0
    lab.health.expect_well()
    assert 2.0 < seconds[0] <= 120.0


def test_a_headless_run_waits_for_an_api_server_that_restarts(
    outline: Outline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, events: Path
) -> None:
    _silence(monkeypatch)
    monkeypatch.setenv("LAB_NOTEBOOK", "09_toy")
    _lab(outline, tmp_path).check("9.1")
    assert [event["state"] for event in _events(events)] == ["passed"]


def _pass_then_fail(outline: Outline, tmp_path: Path) -> Lab:
    (tmp_path / "workspace").mkdir()
    solved = tmp_path / "workspace" / "solved"
    solved.touch()
    lab = _lab(outline, tmp_path)
    lab.check("9.2")
    solved.unlink()
    return lab


def test_passed_stays_passed(
    outline: Outline,
    tmp_path: Path,
    events: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab = _pass_then_fail(outline, tmp_path)
    monkeypatch.setenv("LAB_ROOM", str(tmp_path / "room"))
    lab.check("9.2")
    card = capsys.readouterr().out
    assert "9.2 stays passed" in card
    assert "things have moved on" in card.lower()
    assert "touch solved" not in card, "there is nothing to go back for"
    current = progress.load("lab", outline.notebook)
    assert current is not None
    assert current.steps["9.2"].state == "passed"
    assert [(event["kind"], event["state"]) for event in _events(events)] == [("check", "passed"), ("step", "moved on")]


def test_where_a_new_cluster_began_the_notebook_again_a_failure_is_a_failure_and_the_map_stays(
    outline: Outline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = _pass_then_fail(outline, tmp_path)._progress
    current = progress.fresh("lab", outline.notebook, before.cluster)
    current.steps = before.steps
    current.write()
    with pytest.raises(CheckFailed):
        _lab(outline, tmp_path).check("9.2")
    assert "touch solved" in capsys.readouterr().out
    reloaded = progress.load("lab", outline.notebook)
    assert reloaded is not None
    assert reloaded.steps["9.2"].state == "passed"


def test_in_a_run_the_last_verdict_counts(
    outline: Outline, tmp_path: Path, events: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_NOTEBOOK", "09_toy")
    lab = _pass_then_fail(outline, tmp_path)
    with pytest.raises(CheckFailed):
        lab.check("9.2")
    assert [event["state"] for event in _events(events)] == ["passed", "failed"]


def test_a_check_that_fails_itself_is_an_error_and_no_verdict(
    outline: Outline, tmp_path: Path, events: Path, toy_checks: dict[str, Any]
) -> None:
    @check("9.1")
    def mistaken(_lab: CheckContext) -> Evidence:
        """It holds."""
        raise KeyError("status")

    toy_checks["9.1"] = mistaken
    lab = _lab(outline, tmp_path)
    with pytest.raises(CheckBroken, match="the check itself failed, and says nothing of what you did: KeyError"):
        lab.check("9.1")
    (event,) = _events(events)
    assert (event["kind"], event["state"]) == ("check", "error")
    assert event["reason"].startswith("the check itself failed")
    assert "in mistaken" in event["diagnosis"], "for whoever keeps the workbook"
    assert lab._progress.step("9.1").state == "error"


def test_what_a_check_could_not_look_at_is_an_error_and_no_verdict(
    outline: Outline, tmp_path: Path, events: Path, toy_checks: dict[str, Any]
) -> None:
    @check("9.1", seconds=0.1)
    def blind(_lab: CheckContext) -> Evidence:
        """It holds."""
        raise Forbidden("pods is forbidden", next_step="kubectl auth can-i --list")

    toy_checks["9.1"] = blind
    with pytest.raises(Forbidden):
        _lab(outline, tmp_path).check("9.1")
    (event,) = _events(events)
    assert (event["state"], event["reason"]) == ("error", "pods is forbidden")


def test_a_new_stream_is_new_whatever_became_of_the_last_one(outline: Outline, tmp_path: Path) -> None:
    lab = _lab(outline, tmp_path)
    lab.watch = RolloutWatch(lab.client, Watched("web", "one", "http://web.one/", "image"), tmp_path / "config.json")
    lab.close()
    assert lab.watch is None


def test_a_machine_that_paused_is_named_beside_whatever_failed(
    outline: Outline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = [Request(number, at, 200, "v1", 1.0, "", "{}") for number, at in ((1, 10.0), (2, 71.0))]
    lab = _lab(outline, tmp_path)
    lab.watch = cast(RolloutWatch, SimpleNamespace(observation=RolloutObservation([], {}, sent), judged_by=""))
    with pytest.raises(CheckFailed):
        lab.check("9.2")
    assert "this machine  paused for 61 s" in capsys.readouterr().out


def test_the_map_tells_how_each_step_stands(outline: Outline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = _lab(outline, tmp_path)
    lab.check("9.1")
    with pytest.raises(CheckFailed):
        lab.check("9.2")
    reloaded = progress.load("lab", outline.notebook)
    assert reloaded is not None
    assert {step_id: step.state for step_id, step in reloaded.steps.items()} == {"9.1": "passed", "9.2": "failed"}


def test_a_prediction_is_recorded_and_spoken_to_when_the_step_is_proven(
    outline: Outline, tmp_path: Path, events: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = _lab(outline, tmp_path)
    assert "your prediction" in repr(lab.predict("9.1", " Neither"))
    lab.check("9.1")
    card = capsys.readouterr().out
    assert 'you predicted  "neither": it was "both"' in card
    assert "Only the pod is new." in card
    recorded = _events(events)
    assert [(event["kind"], event["state"], event["prediction"]) for event in recorded] == [
        ("step", "predicted", "neither"),
        ("check", "passed", "neither"),
    ]
    assert "has happened already" in repr(lab.predict("9.1", "both"))


@pytest.mark.parametrize(("answer", "said"), [("...", "no prediction yet"), ("perhaps", "none of the answers")])
def test_no_prediction_is_no_failure(
    outline: Outline, tmp_path: Path, events: Path, capsys: pytest.CaptureFixture[str], answer: str, said: str
) -> None:
    lab = _lab(outline, tmp_path)
    card = repr(lab.predict("9.1", answer))
    assert said in card
    assert '    "both"\n    "neither"' in card, "one a line, as they are typed"
    lab.check("9.1")
    assert "you predicted" not in capsys.readouterr().out
    assert [event["state"] for event in _events(events)] == ["not predicted", "passed"]


def test_a_step_that_asks_nothing_takes_no_prediction(outline: Outline, tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"step 9\.2: asks for no prediction"):
        _lab(outline, tmp_path).predict("9.2", "both")


def test_a_solution_that_is_withheld_is_not_given_either(
    outline: Outline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _solution(outline, "9.2")
    monkeypatch.setenv("LAB_WITHHOLD", "solutions")
    lab = _lab(outline, tmp_path)
    lab.solve("9.2")
    assert "no solution here" in capsys.readouterr().out
    assert not (lab.workspace / "solved").exists()


@pytest.fixture
def tells_all(toy_checks: dict[str, Any]) -> None:
    @check("9.2")
    def tells(_lab: CheckContext) -> Evidence:
        """It is solved."""
        raise CheckFailed("a pod", seen="none", hint="make one", next_step="kubectl -n n apply -f pod.yaml")

    toy_checks["9.2"] = tells


def _failed_card(lab: Lab, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(CheckFailed):
        lab.check("9.2")
    return capsys.readouterr().out


@pytest.mark.usefixtures("tells_all")
def test_the_first_failure_of_a_learners_own_step_does_not_give_the_answer_away(
    outline: Outline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = _lab(outline, tmp_path)
    first, second = (_failed_card(lab, capsys) for _ in range(2))
    assert 'next      lab.hint("9.2")' in first
    assert "kubectl -n n apply" not in first
    assert "next      kubectl -n n apply -f pod.yaml" in second


@pytest.mark.usefixtures("tells_all")
def test_what_is_withheld_is_withheld_on_cards_too(
    outline: Outline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = _lab(outline, tmp_path)
    monkeypatch.setenv("LAB_WITHHOLD", "solutions")
    cards = [_failed_card(lab, capsys) for _ in range(3)]
    assert ["apply" in card for card in cards] == [False] * 3
    assert "make one" in cards[2]
    monkeypatch.setenv("LAB_WITHHOLD", "hints")
    assert "make one" not in _failed_card(lab, capsys)
    monkeypatch.setenv("LAB_WITHHOLD", "hints,solutions")
    card = _failed_card(lab, capsys)
    assert ["make one" in card, "apply" in card, "lab.hint" in card] == [False] * 3


def test_the_last_hint_of_a_learners_own_step_tells_so_it_goes_with_the_solution(
    outline: Outline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = [replace(step, is_worked=False) for step in outline.steps]
    lab = _lab(replace(outline, steps=tuple(own)), tmp_path)
    monkeypatch.setenv("LAB_WITHHOLD", "solutions")
    first, second = (repr(lab.hint("9.1")) for _ in range(2))
    assert "hint 1 of 1" in first
    assert "shows the solution" not in first
    assert "no solution here" in second


def test_a_step_may_be_asked_for_in_any_way(outline: Outline, tmp_path: Path) -> None:
    lab = _lab(outline, tmp_path)
    assert "9.1 hint 1" in repr(lab.hint())
    lab.check(9.1)
    with pytest.raises(CheckFailed):
        lab.check()
    with pytest.raises(LabError, match=r"3: is no step of this lab; its steps are 9\.1, 9\.2"):
        lab.check(3)
    assert "no prediction yet" not in repr(lab.predict(9.1, "both"))
