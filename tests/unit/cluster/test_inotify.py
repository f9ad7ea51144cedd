"""A machine on which no more programs may watch files is named by `lab doctor`, before a cluster comes up in part."""

from __future__ import annotations

import os
import sys

import pytest

from lab_helpers import shell
from lab_helpers.cluster.embedded import doctor, inotify


def test_what_was_tried_is_closed_again() -> None:
    program = (  # in a process of its own: what the garbage collector closes in this one is not counted
        "import os; from lab_helpers.cluster.embedded import inotify; before = os.listdir('/proc/self/fd'); "
        "inotify.spare(3); print(set(os.listdir('/proc/self/fd')) - set(before))"
    )
    assert shell.run([sys.executable, "-c", program]).stdout.strip() == "set()"


@pytest.mark.parametrize(("number", "spare"), [(5, 2), (1, 1)])
def test_those_that_can_be_made_are_counted_as_far_as_is_asked(number: int, spare: int) -> None:
    if inotify.spare(2) < 2:
        pytest.skip("this account has none left")
    program = (
        "import resource; from lab_helpers.cluster.embedded import inotify; "
        f"resource.setrlimit(resource.RLIMIT_NOFILE, (5, 5)); print(inotify.spare({number}))"  # 0, 1 and 2 are open
    )
    assert shell.run([sys.executable, "-c", program]).stdout.strip() == str(spare)


@pytest.mark.parametrize(("spare", "ok"), [(inotify.NEEDED, True), (inotify.NEEDED - 1, False)])
def test_too_few_are_a_finding_with_the_command_that_mends_it(
    spare: int, ok: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(inotify, "spare", lambda number: spare)
    monkeypatch.setattr(inotify, "limit", lambda: 128)
    (finding,) = (finding for finding in doctor.findings() if finding.name == "inotify")
    assert finding.ok is ok
    assert f"{spare} of the {inotify.NEEDED} instances" in finding.seen
    assert finding.next_step.startswith("sysctl -w fs.inotify.max_user_instances=512")
