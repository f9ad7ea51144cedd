"""What a word in a claim has outlived is said of that claim only."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab_helpers import CheckContext, CheckFailed
from labs.lab_05_first_deploy import persisting


@pytest.fixture
def uids(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The objects of a cluster whose pods have the word wherever it is looked for."""
    uids = {"pvc": "claim-1", "deployment": "deployment-1"}
    container = {"restartCount": 1, "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}
    pod = {"metadata": {"name": "a", "uid": "pod"}, "status": {"containerStatuses": [container]}}
    monkeypatch.setattr(persisting, "_uid", lambda _lab, kind, _name: uids.get(kind, ""))
    monkeypatch.setattr(persisting, "_holder", lambda _lab: pod)
    monkeypatch.setattr(persisting, "_written_at", lambda *_: 0.0)
    monkeypatch.setattr(persisting, "_expect_in_claim", lambda *_: None)
    return uids


def _lab(**observations: Any) -> CheckContext:
    return cast(CheckContext, SimpleNamespace(observations=observations))


def test_a_new_claim_has_not_outlived_the_old_deployment(uids: dict[str, str]) -> None:
    lab = _lab(claim="claim-1", deployment="deployment-1")
    uids.update(pvc="claim-2", deployment="deployment-2")
    persisting.outlives_the_container.look(lab)
    with pytest.raises(CheckFailed, match=r"step 5\.8 proven"):
        persisting.outlives_the_deployment.look(lab)


def test_the_same_claim_keeps_what_was_seen_of_it(uids: dict[str, str]) -> None:
    lab = _lab(claim="claim-1", deployment="deployment-1")
    persisting.outlives_the_container.look(lab)
    assert lab.observations["deployment"] == uids["deployment"]


@pytest.mark.parametrize(("claim", "description"), [("claim-2", "another one of that name"), ("", "none")])
def test_a_claim_that_went_is_seen_as_it_is(uids: dict[str, str], claim: str, description: str) -> None:
    uids["pvc"] = claim
    with pytest.raises(CheckFailed) as failure:
        persisting.outlives_the_deployment.look(_lab(claim="claim-1", deployment="deployment-1"))
    assert failure.value.seen == description


def test_the_first_deployment_stays_the_yardstick(uids: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persisting, "_settled", lambda _lab: [])
    lab = _lab(holder="gone", claim="claim-1")
    persisting.outlives_the_pod.look(lab)
    uids["deployment"] = "deployment-2"
    persisting.outlives_the_pod.look(lab)
    assert lab.observations["deployment"] == "deployment-1"
