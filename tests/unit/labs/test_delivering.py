"""What 4.1 remembers for 4.4 is the claim that was there first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.workbook.learner import committed
from labs.lab_04_deploy_repo import claiming, delivering, rendering, running


def _live(uid: str) -> Any:
    return lambda *_: {"metadata": {"uid": uid}, "status": {"phase": "Pending"}}


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> CheckContext:
    """A learner whose 4.1 was seen with a first claim."""
    for module, name in ((rendering, "render"), (rendering, "differences")):
        monkeypatch.setattr(module, name, lambda *_: [])
    for name in ("expect_as_rendered", "rolled_out"):
        monkeypatch.setattr(running, name, lambda *_: [])
    monkeypatch.setattr(committed, "expect_readable", lambda *_: None)
    monkeypatch.setattr(running, "live", _live("claim-1"))
    lab = cast(CheckContext, SimpleNamespace(workspace=None, observations={}))
    delivering.production_runs.look(lab)
    return lab


def test_a_claim_made_again_counts_although_4_1_was_looked_at_since(
    lab: CheckContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "live", _live("claim-2"))
    delivering.production_runs.look(lab)
    with pytest.raises(CheckFailed, match="Bound"):  # what is asked of it next
        claiming.outlives_its_claim.look(lab)


def test_the_first_claim_does_not_count(lab: CheckContext) -> None:
    with pytest.raises(CheckFailed, match="another claim of the same name"):
        claiming.outlives_its_claim.look(lab)
