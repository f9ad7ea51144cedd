"""Verdicts on streams of requests that a healthy cluster does not produce."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab_helpers import CheckFailed, Lab, Unsettled
from lab_helpers.kube.milestones import Milestone
from lab_helpers.kube.traffic import Request
from lab_helpers.workbook.watching import Seen
from labs.lab_05_first_deploy import prj_02, releasing

_PRICES = {"v1.0.0": 37.5, "v1.1.0": 37.5, "v1.3.0": 33.75}


def _requests(*versions: str, count: int = 20, spacing: float = 0.05) -> list[Request]:
    """A stream answered by these releases, so many requests each; ``""`` stands for no answer."""
    made: list[Request] = []
    for version in versions:
        for _ in range(count):
            number = len(made) + 1
            told = {"quantity": 3, "unit": 12.5, "total": _PRICES.get(version, 0.0)}
            status, error = (200, "") if version else (0, "ECONNREFUSED")
            made.append(Request(number, number * spacing, status, version, 1.0, error, json.dumps(told)))
    return made


class _Watch:
    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.is_over = False

    def stop(self) -> Seen:
        self.is_over = True
        return self.seen


class _Client:
    """A cluster where a Deployment of one release is rolled out."""

    def __init__(self, tag: str, *, left: str = "") -> None:
        self._tag = tag
        self._left = left

    def get(self, kind: str, name: str, namespace: str | None = None) -> dict[str, Any]:
        assert (kind, name, namespace) == ("deployment", "prj-02", "prj-02")
        return {
            "metadata": {"name": name, "generation": 1},
            "spec": {
                "replicas": 1,
                "selector": {"matchLabels": {"app": name}},
                "template": {"spec": {"containers": [_container(self._tag)]}},
            },
            "status": dict.fromkeys(("observedGeneration", "updatedReplicas", "availableReplicas", "replicas"), 1),
        }

    def list(self, kind: str, namespace: str, selector: str) -> list[dict[str, Any]]:
        assert (kind, namespace, selector) == ("pod", "prj-02", "app=prj-02")
        return [_pod(tag) for tag in (self._tag, self._left) if tag]


def _container(tag: str) -> dict[str, Any]:
    return {"image": f"ghcr.io/org/prj-02:{tag}"}


def _pod(tag: str) -> dict[str, Any]:
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    return {"metadata": {"name": f"prj-02-{tag}"}, "spec": {"containers": [_container(tag)]}, "status": ready}


def _lab(tmp_path: Path, tag: str, requests: list[Request], *, left: str = "", told: str = "") -> Lab:
    overlay = tmp_path / "infra/k8s/overlays/staging"
    overlay.mkdir(parents=True)
    (overlay / "kustomization.yaml").write_text(f"images: [{{name: ghcr.io/org/prj-02, newTag: {told or tag}}}]\n")
    milestones = [Milestone(requests[0].at if requests else 0.0, "asked for", tag)]
    watch = _Watch(Seen([], {}, requests, milestones))
    return cast(Lab, SimpleNamespace(client=_Client(tag, left=left), workspace=tmp_path, watch=watch, seen={}))


def test_a_rollout_without_a_loss_is_proven(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "v1.1.0", _requests("v1.0.0", "v1.1.0"))
    evidence = releasing.replaced_without_a_loss.look(lab)
    assert (evidence["requests"], evidence["failed"], evidence["answered by the new"]) == (40, 0, 20)
    assert lab.watch is not None
    assert lab.watch.is_over


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
    lab = _lab(tmp_path, "v1.1.0", _requests("v1.0.0", "v1.1.0"), left="v1.0.0")
    with pytest.raises(Unsettled, match=r"no pod of v1\.0\.0 left"):
        releasing.replaced_without_a_loss.look(lab)


def test_without_a_stream_there_is_nothing_to_judge(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "v1.1.0", [])
    lab.watch = None
    with pytest.raises(CheckFailed, match="a stream of requests"):
        releasing.replaced_without_a_loss.look(lab)


def test_wrong_answers_are_told_from_right_ones_by_the_sum(tmp_path: Path) -> None:
    evidence = releasing.wrong_answers_arrived.look(_lab(tmp_path, "v1.3.0", _requests("v1.1.0", "v1.3.0")))
    assert (evidence["before"], evidence["now"]) == ("3 pieces for 37.5 (v1.1.0)", "3 pieces for 33.75 (v1.3.0)")
    assert evidence["wrong answers"] == 20


def test_a_release_that_answers_rightly_is_not_the_bad_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_PRICES, "v1.3.0", 37.5)
    with pytest.raises(Unsettled, match="wrong answers"):
        releasing.wrong_answers_arrived.look(_lab(tmp_path, "v1.3.0", _requests("v1.1.0", "v1.3.0")))


def test_a_rollback_is_wrong_before_and_right_after(tmp_path: Path) -> None:
    evidence = releasing.rolled_back.look(_lab(tmp_path, "v1.1.0", _requests("v1.1.0", "v1.3.0", "v1.1.0")))
    assert (evidence["before"], evidence["after"]) == ("3 pieces for 33.75 (v1.3.0)", "3 pieces for 37.5 (v1.1.0)")
    assert evidence["Git"] == "newTag: v1.1.0"


def test_a_rollback_from_nothing_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match="wrong answers before the rollback"):
        releasing.rolled_back.look(_lab(tmp_path, "v1.1.0", _requests("v1.1.0")))


def test_a_rollback_is_not_over_while_wrong_answers_come(tmp_path: Path) -> None:
    with pytest.raises(Unsettled, match="right answers again"):
        releasing.rolled_back.look(_lab(tmp_path, "v1.1.0", _requests("v1.1.0", "v1.3.0")))


def test_a_rollback_that_takes_longer_than_the_architecture_allows_fails(tmp_path: Path) -> None:
    requests = _requests("v1.1.0", "v1.3.0", "v1.1.0", spacing=60.0)
    with pytest.raises(CheckFailed, match="a rollback within 30 minutes"):
        releasing.rolled_back.look(_lab(tmp_path, "v1.1.0", requests))


def test_a_rollback_that_git_does_not_know_of_fails(tmp_path: Path) -> None:
    lab = _lab(tmp_path, "v1.1.0", _requests("v1.1.0", "v1.3.0", "v1.1.0"), told="v1.3.0")
    with pytest.raises(CheckFailed, match="newTag"):
        releasing.rolled_back.look(lab)


def test_who_went_back_to_a_tag_they_had_mistyped_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prj_02, "is_pushed", lambda _lab, tag: tag in _PRICES)
    lab = _lab(tmp_path, "v1.3", _requests("v1.3.0"), told="v1.3.0")
    with pytest.raises(CheckFailed, match=r"v1\.1\.0 in the Deployment") as failure:
        releasing.rolled_back.look(lab)
    assert "The cluster wants v1.3, and no release of that name was ever pushed" in failure.value.hint
    assert "--to-revision" in failure.value.hint
