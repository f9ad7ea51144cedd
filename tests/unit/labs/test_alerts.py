"""What 7.2 says of a drill that woke the wrong people, or nobody, told from what a receiver got."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled
from labs.lab_07_operate import alerts

_FIRED = ("DrillFire", "firing", "10:00:05")
_RESOLVED = ("DrillFire", "resolved", "10:01:00")
_QUIET = ("DrillSmoke", "DrillPlanned")


class _Client:
    """A cluster whose receiver got some alerts, by name, status and time; and which alerts have fired."""

    def __init__(self, *arrivals: tuple[str, str, str], fired: tuple[str, ...] = _QUIET) -> None:
        self.arrivals, self.fired = arrivals, fired

    def get(self, _kind: str, _name: str, _namespace: str = "") -> dict[str, Any] | None:
        return {"metadata": {"creationTimestamp": "2026-01-31T09:00:00Z"}}

    def read(self, path: str) -> dict[str, Any]:
        if path.endswith("/alerts"):
            common = {"labels": {}, "summary": "This is a drill.", "runbook": "https://example.com/drill"}
            times = [(name, status, f"2026-01-31T{clock}Z") for name, status, clock in self.arrivals]
            return {"alerts": [{"alert": name, "status": status, "time": at, **common} for name, status, at in times]}
        series = [{"metric": {}, "value": [0, "3"]}] if any(name in path for name in self.fired) else []
        return {"data": {"result": series}}


def _look(client: _Client) -> Evidence:
    return alerts.drill_reached_somebody.look(cast(CheckContext, SimpleNamespace(client=client)))


def test_a_drill_that_reached_one_tells_what_to_do() -> None:
    assert "https://example.com/drill" in str(_look(_Client(_FIRED, _RESOLVED)))


def test_what_woke_somebody_in_an_earlier_drill_does_not_count() -> None:
    first = [(name, "firing", "09:59:57") for name in ("DrillFire", "DrillPlanned")]
    _look(_Client(*first, ("DrillFire", "resolved", "09:59:59"), _FIRED, _RESOLVED))


@pytest.mark.parametrize("name", _QUIET)
@pytest.mark.parametrize("clock", ["10:00:01", "10:00:40"])
def test_who_was_woken_for_nothing_is_told(name: str, clock: str) -> None:
    with pytest.raises(CheckFailed) as failure:
        _look(_Client((name, "firing", clock), _FIRED, _RESOLVED))
    assert failure.value.seen == f"{name}, too"


@pytest.mark.parametrize("name", _QUIET)
def test_what_never_fired_was_not_held_back(name: str) -> None:
    with pytest.raises(CheckFailed) as failure:
        _look(_Client(_FIRED, _RESOLVED, fired=tuple(each for each in _QUIET if each != name)))
    assert failure.value.seen == "it never fired"


@pytest.mark.parametrize("arrivals", [(), (_FIRED,)])
def test_what_is_still_to_come_is_waited_for(arrivals: tuple[tuple[str, str, str], ...]) -> None:
    with pytest.raises(Unsettled):
        _look(_Client(*arrivals))
