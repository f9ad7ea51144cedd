from __future__ import annotations

import sys
import types
from typing import cast

import pytest

from lab_helpers import CheckContext, CheckFailed, Evidence, LabError, NotSupported, Unsettled, check, wait
from lab_helpers.errors import Forbidden
from lab_helpers.workbook.course import checks
from lab_helpers.workbook.course.checks import Check

NOBODY = cast(CheckContext, None)


class Clock:
    """The time, which goes on where somebody sleeps, and nowhere else."""

    def __init__(self) -> None:
        self._time = 0.0

    def monotonic(self) -> float:
        return self._time

    def sleep(self, seconds: float) -> None:
        self._time += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(wait, "time", clock)
    return clock


def _check(*verdicts: Evidence | LabError, seconds: float = 5.0) -> tuple[Check, list[int]]:
    """A check whose looks see these, one after the other, the last one again and again."""
    looks: list[int] = []

    @check("9.1", seconds=seconds)
    def looked(_lab: CheckContext) -> Evidence:
        """It holds."""
        verdict = verdicts[min(len(looks), len(verdicts) - 1)]
        looks.append(1)
        if isinstance(verdict, LabError):
            raise verdict
        return verdict

    return looked, looks


def _failed() -> CheckFailed:
    return CheckFailed("a pod", seen="none", hint="make one")


def _unsettled() -> Unsettled:
    return Unsettled("a pod", seen="one on its way", hint="wait")


def test_its_docstring_is_what_it_proves() -> None:
    looked, _ = _check(Evidence(pods=1))
    assert (looked.step, looked.title) == ("9.1", "It holds")


def test_it_returns_what_it_saw() -> None:
    looked, looks = _check(Evidence(pods_Ready=2))
    assert dict(looked.watch(NOBODY)) == {"pods Ready": 2}
    assert len(looks) == 1


def test_what_still_moves_is_looked_at_again() -> None:
    looked, looks = _check(_unsettled(), _unsettled(), Evidence(pods=1))
    assert dict(looked.watch(NOBODY)) == {"pods": 1}
    assert len(looks) == 3


def test_a_failure_that_waiting_does_not_mend_is_told_at_once() -> None:
    looked, looks = _check(_failed(), Evidence(pods=1))
    with pytest.raises(CheckFailed) as failure:
        looked.watch(NOBODY)
    assert len(looks) == 1
    assert (failure.value.step, failure.value.seen) == ("9.1", "none")
    assert str(failure.value).startswith("✗ 9.1")


def test_at_the_deadline_the_last_thing_seen_is_told_not_that_time_ran_out() -> None:
    looked, looks = _check(_unsettled(), seconds=0.12)
    with pytest.raises(Unsettled) as failure:
        looked.watch(NOBODY)
    assert failure.value.seen == "one on its way"
    assert len(looks) > 1


def test_a_look_that_the_deadline_cuts_short_tells_less_than_the_one_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wait, "_LOOK_SECONDS", 0.05)
    looks: list[int] = []

    @check("9.1", seconds=0.1)
    def looked(_lab: CheckContext) -> Evidence:
        """It holds."""
        looks.append(1)
        if len(looks) == 1:
            raise _unsettled()
        wait.until(lambda: False, seconds=15, outcome="answer")
        raise AssertionError

    with pytest.raises(Unsettled) as failure:
        looked.watch(NOBODY)
    assert failure.value.seen == "one on its way"
    assert len(looks) == 2


def test_the_first_look_is_not_cut_short_by_work_of_its_own(clock: Clock) -> None:
    @check("9.1", seconds=10)
    def looked(_lab: CheckContext) -> Evidence:
        """It holds."""
        clock.sleep(12)
        return Evidence(seconds=wait.at_most(15))

    assert dict(looked.watch(NOBODY)) == {"seconds": 15}


def test_an_error_that_is_no_verdict_may_pass() -> None:
    looked, _ = _check(LabError("connection refused", object="API server"), Evidence(pods=1))
    assert dict(looked.watch(NOBODY)) == {"pods": 1}


def test_an_error_that_stays_is_told_as_it_is() -> None:
    looked, _ = _check(LabError("connection refused", object="API server"), seconds=0.12)
    with pytest.raises(LabError, match="API server: connection refused"):
        looked.watch(NOBODY)


def test_what_the_cluster_cannot_do_is_told_at_once() -> None:
    looked, looks = _check(NotSupported("needs a second node"))
    with pytest.raises(NotSupported):
        looked.watch(NOBODY)
    assert len(looks) == 1


def test_who_may_not_look_is_told_at_once() -> None:
    looked, looks = _check(Forbidden("pods is forbidden"))
    with pytest.raises(Forbidden):
        looked.watch(NOBODY)
    assert len(looks) == 1


def test_it_looks_twice_a_second_and_no_more_often() -> None:
    looked, looks = _check(_unsettled(), seconds=1.3)
    with pytest.raises(Unsettled):
        looked.watch(NOBODY)
    assert len(looks) == 4


def test_a_mistake_in_a_check_is_no_verdict() -> None:
    @check("9.1")
    def mistaken(_lab: CheckContext) -> Evidence:
        """It holds."""
        raise KeyError("status")

    with pytest.raises(KeyError):
        mistaken.watch(NOBODY)


def test_nothing_seen_proves_nothing() -> None:
    with pytest.raises(ValueError, match="proves nothing"):
        Evidence()


def test_a_step_has_one_check(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("labs.lab_09_toy.checks")
    module.first, module.second = _check(Evidence(a=1))[0], _check(Evidence(b=1))[0]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "labs.lab_09_toy.checks", module)
    with pytest.raises(LabError, match="has two checks"):
        checks.load("09_toy")
