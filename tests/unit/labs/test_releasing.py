"""Verdicts on streams of requests that a healthy cluster does not produce."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab_helpers import CheckContext, CheckFailed, LabError, Unsettled
from lab_helpers.observe.milestones import Milestone
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.checks import Check
from lab_helpers.workbook.course.variation import combinations
from lab_helpers.workbook.learner import git
from lab_helpers.workbook.learner.draw import assignments
from lab_helpers.workbook.learner.repository import Repository, Start
from lab_helpers.workbook.pictures.observation import RolloutObservation
from labs.lab_05_first_deploy import prj_02, releasing

_PRICES = {"v1.0.0": 37.5, "v1.1.0": 37.5, "v1.3.0": 33.75}


def _requests(*versions: str, count: int = 20, spacing: float = 0.05, quantity: int = 3) -> list[Request]:
    """A stream answered by these releases, so many requests each; ``""`` stands for no answer."""
    requests: list[Request] = []
    for version in versions:
        for _ in range(count):
            number = len(requests) + 1
            answer = {"quantity": quantity, "unit": 12.5, "total": _PRICES.get(version, 0.0) * quantity / 3}
            status, error = (200, "") if version else (0, "ECONNREFUSED")
            requests.append(Request(number, number * spacing, status, version, 1.0, error, json.dumps(answer)))
    return requests


class _Watch:
    def __init__(self, observation: RolloutObservation) -> None:
        self.observation = observation
        self.is_over = False
        self.judged_by = ""
        self.error: LabError | None = None

    def stop(self, step: str) -> RolloutObservation:
        self.is_over, self.judged_by = True, step
        return self.observation


class _Client:
    """A cluster where a Deployment of one release is rolled out."""

    def __init__(self, tag: str, *, remaining: str = "", came_back: bool = False, is_stalled: bool = False) -> None:
        self._tag = tag
        self._remaining = remaining
        self._came_back = came_back
        self._is_stalled = is_stalled

    def get(self, kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
        assert (kind, name, namespace) == ("deployment", "prj-02", "prj-02")
        return {
            "metadata": {"name": name, "generation": 1, "uid": "d"},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": {"app": name}},
                "template": {"spec": {"containers": [_container(self._tag)]}},
            },
            "status": self._status(),
        }

    def _status(self) -> dict[str, Any]:
        status: dict[str, Any] = dict.fromkeys(
            ("observedGeneration", "updatedReplicas", "availableReplicas", "replicas"), 1
        )
        if self._is_stalled:
            condition = {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
            status |= {"availableReplicas": 0, "conditions": [condition]}
        return status

    def list(self, kind: str, namespace: str, selector: str) -> list[dict[str, Any]]:
        assert (namespace, selector) == ("prj-02", "app=prj-02")
        if kind == "replicaset":
            return [_replicaset(self._tag, came_back=self._came_back)]
        assert kind == "pod"
        return [_pod(tag) for tag in (self._tag, self._remaining) if tag]

    def events(self, _namespace: str, _object: str) -> tuple[()]:
        return ()


def _replicaset(tag: str, *, came_back: bool) -> dict[str, Any]:
    annotations = {"deployment.kubernetes.io/revision-history": "2"} if came_back else {}
    spec = {"template": {"spec": {"containers": [_container(tag)]}}}
    return {"metadata": {"name": tag, "annotations": annotations, "ownerReferences": [{"uid": "d"}]}, "spec": spec}


def _container(tag: str) -> dict[str, Any]:
    return {"image": f"ghcr.io/org/prj-02:{tag}"}


def _pod(tag: str) -> dict[str, Any]:
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    return {"metadata": {"name": f"prj-02-{tag}"}, "spec": {"containers": [_container(tag)]}, "status": ready}


def _milestones(requests: list[Request]) -> list[Milestone]:
    """Each release was asked for when its first request was sent; the first one of them before."""
    answered = [request for request in requests if request.version]
    firsts = [
        after
        for before, after in pairwise([None, *answered])
        if after and (not before or before.version != after.version)
    ]
    return [Milestone(request.at, "asked for", request.version) for request in firsts]


def _lab(
    tmp_path: Path,
    tag: str,
    requests: list[Request],
    *,
    overlay_tag: str | None = None,
    committed_at: int = 0,
    vary: Mapping[str, Any] | None = None,
    **cluster: Any,
) -> CheckContext:
    overlay = tmp_path / "infra/k8s/overlays/staging/prj-02"
    overlay.mkdir(parents=True)
    (overlay.parent / "kustomization.yaml").write_text("components: [prj-02]\n")
    (overlay / "kustomization.yaml").write_text(
        f"images: [{{name: ghcr.io/org/prj-02, newTag: {tag if overlay_tag is None else overlay_tag}}}]\n"
    )
    git.init(tmp_path / "infra")
    repository = Repository(tmp_path / "infra")
    repository.point_to(Start(repository.record(f"Deploy {tag} to staging", [], committed_at), {}))
    watch = _Watch(RolloutObservation([], {}, requests, _milestones(requests)))
    client = _Client(tag, **cluster)
    drawn = vary or {"quantity": 3}
    return cast(
        CheckContext, SimpleNamespace(client=client, workspace=tmp_path, watch=watch, observations={}, vary=drawn)
    )


def test_a_rollout_without_a_loss_is_proven(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "v1.1.0", _requests("v1.0.0", "v1.1.0"))
    evidence = releasing.replaced_without_a_loss.look(lab)
    assert (evidence["requests"], evidence["failed"], evidence["answered by the new"]) == (40, 0, 20)
    assert lab.watch is not None
    assert lab.watch.is_over


@pytest.mark.parametrize("edited", ["v1.1.0", "v1.0.0"], ids=["edited", "untouched"])
def test_who_sent_what_is_in_no_commit_is_told_at_once_to_send_it_again(tmp_path: Path, edited: str) -> None:
    lab = _lab(tmp_path, "v1.1.0", _requests("v1.0.0", "v1.1.0"), overlay_tag="v1.0.0")
    overlay = tmp_path / "infra" / "k8s/overlays/staging/prj-02/kustomization.yaml"
    overlay.write_text(overlay.read_text().replace("v1.0.0", edited))
    with pytest.raises(CheckFailed, match=r"Git|commit") as failure:
        releasing.replaced_without_a_loss.look(lab)
    commit, _, again = failure.value.next_step.partition("`, and then the apply once more, after it. ")
    assert "git -C infra commit -am" in commit
    assert again.startswith("Set newTag to the release before")


def test_one_lost_request_is_enough(tmp_path: Path) -> None:
    requests = [*_requests("v1.0.0"), *_requests("", count=1), *_requests("v1.1.0")]
    with pytest.raises(CheckFailed) as failure:
        releasing.replaced_without_a_loss.look(_lab(tmp_path, "v1.1.0", requests))
    assert failure.value.seen == "1 of 41 requests failed, first: ECONNREFUSED"


def test_a_stream_that_began_after_the_rollout_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match="before the rollout") as failure:
        releasing.replaced_without_a_loss.look(_lab(tmp_path, "v1.1.0", _requests("v1.1.0")))
    assert not isinstance(failure.value, Unsettled)


def test_nothing_is_proven_while_the_old_release_is_still_there(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "v1.1.0", _requests("v1.0.0", "v1.1.0"), remaining="v1.0.0")
    with pytest.raises(Unsettled, match=r"no pod of v1\.0\.0 left"):
        releasing.replaced_without_a_loss.look(lab)


def test_without_a_stream_there_is_nothing_to_judge(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "v1.1.0", [])
    cast(SimpleNamespace, lab).watch = None
    with pytest.raises(CheckFailed, match="a stream of requests"):
        releasing.replaced_without_a_loss.look(lab)


def test_wrong_answers_are_told_from_right_ones_by_the_sum(tmp_path: Path) -> None:
    evidence = releasing.wrong_answers_arrived.look(_lab(tmp_path, "v1.3.0", _requests("v1.1.0", "v1.3.0")))
    assert (evidence["before"], evidence["now"]) == ("3 pieces for 37.50 (v1.1.0)", "3 pieces for 33.75 (v1.3.0)")
    assert evidence["wrong answers"] == 20


@pytest.mark.parametrize("drawn", combinations(outlines.load("05_first_deploy").vary), ids=assignments)
def test_every_learners_wrong_answers_are_told_from_right_ones(tmp_path: Path, drawn: dict[str, Any]) -> None:
    requests = _requests("v1.1.0", "v1.3.0", quantity=drawn["quantity"])
    evidence = releasing.wrong_answers_arrived.look(_lab(tmp_path, "v1.3.0", requests, vary=drawn))
    pieces, full, reduced = drawn["quantity"], drawn["full_price"], drawn["reduced_price"]
    assert evidence["before"] == f"{pieces} pieces for {full} (v1.1.0)"
    assert evidence["now"] == f"{pieces} pieces for {reduced} (v1.3.0)"
    assert evidence["wrong answers"] == 20


def test_a_check_that_compares_with_a_constant_fails_for_another_learner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prj_02, "is_right", lambda request: prj_02.total(request) == 37.5)
    lab = _lab(tmp_path / "3", "v1.3.0", _requests("v1.1.0", "v1.3.0"))
    assert releasing.wrong_answers_arrived.look(lab)["wrong answers"] == 20
    drawn = {"quantity": 4}
    lab = _lab(tmp_path / "4", "v1.3.0", _requests("v1.1.0", "v1.3.0", quantity=4), vary=drawn)
    with pytest.raises(CheckFailed, match="a right answer before the first wrong one"):
        releasing.wrong_answers_arrived.look(lab)


def test_a_release_that_answers_rightly_is_not_the_bad_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_PRICES, "v1.3.0", 37.5)
    with pytest.raises(Unsettled, match="wrong answers"):
        releasing.wrong_answers_arrived.look(_lab(tmp_path, "v1.3.0", _requests("v1.1.0", "v1.3.0")))


def test_a_rollback_is_wrong_before_and_right_after(tmp_path: Path) -> None:
    evidence = releasing.rolled_back.look(_lab(tmp_path, "v1.1.0", _requests("v1.1.0", "v1.3.0", "v1.1.0")))
    assert (evidence["before"], evidence["after"]) == ("3 pieces for 33.75 (v1.3.0)", "3 pieces for 37.50 (v1.1.0)")
    assert str(evidence["Git"]).endswith(" Deploy v1.1.0 to staging")


def test_a_rollback_from_nothing_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match="wrong answers before the rollback"):
        releasing.rolled_back.look(_lab(tmp_path, "v1.1.0", _requests("v1.1.0")))


def test_a_rollback_is_not_over_while_wrong_answers_come(tmp_path: Path) -> None:
    with pytest.raises(Unsettled, match="right answers again"):
        releasing.rolled_back.look(_lab(tmp_path, "v1.1.0", _requests("v1.1.0", "v1.3.0")))


def test_a_rollback_that_takes_longer_than_the_architecture_allows_fails(tmp_path: Path) -> None:
    requests = _requests("v1.1.0", "v1.3.0", "v1.1.0", spacing=4.0, count=500)
    lab = _lab(tmp_path, "v1.1.0", requests)
    watch = cast(_Watch, lab.watch)
    begun, undone = (Milestone(at, "asked for", tag) for at, tag in ((2004, "v1.3.0"), (2008, "v1.1.0")))
    watch.observation = replace(watch.observation, milestones=[watch.observation.milestones[0], begun, undone])
    with pytest.raises(CheckFailed, match="a rollback within 30 minutes"):
        releasing.rolled_back.look(lab)


def test_a_rollback_that_git_does_not_know_of_fails(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "v1.1.0", _requests("v1.1.0", "v1.3.0", "v1.1.0"), overlay_tag="v1.3.0")
    with pytest.raises(CheckFailed, match="newTag"):
        releasing.rolled_back.look(lab)


def test_who_went_back_to_a_tag_they_had_mistyped_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prj_02, "is_pushed", lambda _lab, tag: tag in _PRICES)
    lab = _lab(tmp_path, "v1.3", _requests("v1.3.0"), overlay_tag="v1.3.0", came_back=True)
    with pytest.raises(CheckFailed, match=r"v1\.1\.0 in the Deployment") as failure:
        releasing.rolled_back.look(lab)
    assert "The cluster wants v1.3 again, and no release of that name was ever pushed" in failure.value.hint
    assert "--to-revision" in failure.value.hint


def test_nobody_is_told_of_an_undo_that_was_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prj_02, "is_pushed", lambda _lab, tag: tag in _PRICES)
    lab = _lab(tmp_path, "v1.3", _requests("v1.1.0"), overlay_tag="v1.3.0")
    with pytest.raises(CheckFailed) as failure:
        releasing.rolled_back.look(lab)
    assert "undo" not in failure.value.hint
    assert "was something else when it was applied last" in failure.value.hint


def test_an_empty_tag_is_called_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prj_02, "is_pushed", lambda _lab, tag: tag in _PRICES)
    with pytest.raises(CheckFailed, match="a value for") as failure:
        releasing.wrong_answers_arrived.look(_lab(tmp_path, "latest", _requests("v1.1.0"), overlay_tag=""))
    assert "holds nothing after the colon" in failure.value.hint


def test_a_release_that_came_back_does_not_say_who_brought_it(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "v1.3.0", _requests("v1.1.0", "v1.3.0"), came_back=True)
    with pytest.raises(CheckFailed, match=r"v1\.1\.0 in the Deployment") as failure:
        releasing.rolled_back.look(lab)
    assert "and so does an apply while the overlay says v1.3.0" in failure.value.hint


def test_a_rollback_by_a_detour_takes_as_long_as_the_detour(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "v1.1.0", _requests("v1.1.0", "v1.3.0", "v1.1.0"))
    watch = cast(_Watch, lab.watch)
    begun, mistyped, mended = (
        Milestone(at, "asked for", tag) for at, tag in ((1, "v1.3.0"), (1.5, "v1.3"), (1.9, "v1.1.0"))
    )
    watch.observation = replace(
        watch.observation, milestones=[watch.observation.milestones[0], begun, mistyped, mended]
    )
    assert str(releasing.rolled_back.look(lab)["rollback took"]).startswith("0.5 s")


def _stalled(tmp_path: Path, requests: list[Request]) -> CheckContext:
    return _lab(tmp_path, "v1.2.0", requests, is_stalled=True)


def _sent(lab: CheckContext, at: float) -> CheckContext:
    watch = cast(_Watch, lab.watch)
    watch.observation = replace(
        watch.observation, milestones=[*watch.observation.milestones, Milestone(at, "asked for", "v1.2.0")]
    )
    return lab


def test_a_release_that_never_got_ready_is_judged_from_when_it_was_sent(tmp_path: Path) -> None:
    requests = [*_requests("v1.0.0", ""), *_requests("v1.1.0", count=30)[-20:]]
    requests = [replace(request, number=number, at=number * 0.05) for number, request in enumerate(requests, start=1)]
    evidence = releasing.stopped_at_its_deadline.look(_sent(_stalled(tmp_path, requests), requests[41].at))
    assert (evidence["requests"], evidence["answered by"]) == (19, "v1.1.0 only")


def test_a_stream_that_began_after_the_bad_release_was_sent_has_not_seen_it(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match=r"from before v1\.2\.0 was sent"):
        releasing.stopped_at_its_deadline.look(_stalled(tmp_path, _requests("v1.1.0")))


_OWN_STREAM = [
    (releasing.replaced_without_a_loss, "v1.0.0"),
    (releasing.stopped_at_its_deadline, "v1.1.0"),
    (releasing.wrong_answers_arrived, "v1.1.0"),
    (releasing.rolled_back, "v1.3.0"),
]


@pytest.mark.parametrize(("step", "tag"), _OWN_STREAM, ids=["5.3", "5.4", "5.5", "5.6"])
def test_another_steps_stream_is_none_and_the_first_card_says_so(tmp_path: Path, step: Check, tag: str) -> None:
    lab = _lab(tmp_path, tag, _requests("v1.0.0", "v1.1.0"))
    cast(_Watch, lab.watch).stop("5.2")
    with pytest.raises(CheckFailed, match=r"none; the last one ended with step 5\.2") as failure:
        step.look(lab)
    assert "lab.watch_rollout()" in failure.value.next_step


def test_a_step_may_look_at_its_own_stream_again(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "v1.1.0", _requests("v1.0.0", "v1.1.0"))
    assert dict(releasing.replaced_without_a_loss.look(lab)) == dict(releasing.replaced_without_a_loss.look(lab))


def test_a_stream_that_was_lost_says_why(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "v1.1.0", _requests("v1.0.0", "v1.1.0"))
    cast(_Watch, lab.watch).error = LabError("its pod is gone; 40 requests were seen")
    with pytest.raises(CheckFailed, match="one that was lost: its pod is gone"):
        releasing.replaced_without_a_loss.look(lab)


def test_a_machine_that_slept_is_blamed_and_nobody_else(tmp_path: Path) -> None:
    before, failed, after = _requests("v1.0.0"), _requests("", count=1), _requests("v1.1.0")
    requests = [
        *before,
        *(replace(request, at=request.at + 1) for request in failed),
        *(replace(request, at=request.at + 62) for request in after),
    ]
    with pytest.raises(CheckFailed) as failure:
        releasing.replaced_without_a_loss.look(_lab(tmp_path, "v1.1.0", requests))
    assert failure.value.hint.startswith("This machine paused for 61 s while the stream ran")


def test_what_runs_was_committed_before_it_was_applied(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "v1.1.0", _requests("v1.0.0", "v1.1.0", spacing=1.0), committed_at=30)
    with pytest.raises(CheckFailed, match="ran what no commit said"):
        releasing.replaced_without_a_loss.look(lab)


def test_the_commit_that_says_so_is_part_of_the_evidence(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "v1.1.0", _requests("v1.0.0", "v1.1.0", spacing=1.0), committed_at=20)
    commit = str(releasing.replaced_without_a_loss.look(lab)["Git"])
    assert commit.endswith(" Deploy v1.1.0 to staging")
