"""A machine on which no more programs may watch files is named by `lab doctor`, before a cluster comes up in part."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab_helpers.cluster.embedded import doctor, inotify


def test_what_was_tried_is_closed_again() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert 0 <= inotify.spare(3) <= 3
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(("spare", "ok"), [(inotify.NEEDED, True), (inotify.NEEDED - 1, False)])
def test_too_few_are_a_finding_with_the_command_that_mends_it(
    spare: int, ok: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(inotify, "spare", lambda number: spare)
    (finding,) = (finding for finding in doctor.findings() if finding.name == "inotify")
    assert finding.ok is ok
    assert f"{spare} of the {inotify.NEEDED} instances" in finding.seen
    assert finding.next_step.startswith("sysctl -w fs.inotify.max_user_instances=512")
