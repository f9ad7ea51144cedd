"""What 6.6 says of neighbours who came when the customers were gone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import CheckContext, CheckFailed
from labs.lab_06_expand import latency, yielding
from labs.lab_06_expand.latency import Phase


def test_neighbours_without_customers_are_to_be_run_within_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    alone, beside = Phase("", "", 0.0, (1.0,) * 4000, 0), Phase("greedy", "", 2.0, (9.0,) * 800, 0)
    late = Phase("greedy-limited", "500m", 0.5, (), 0)
    monkeypatch.setattr(yielding, "_expect_class", lambda _lab: None)
    monkeypatch.setattr(latency, "phases", lambda _lab: [alone, beside, late])
    with pytest.raises(CheckFailed) as failure:
        yielding.neighbour_held_and_batch_yielded.look(cast(CheckContext, SimpleNamespace()))
    assert failure.value.seen == "0 requests"
    assert "they stay for 40 seconds" in failure.value.hint
    assert "three cells once more" in failure.value.next_step
