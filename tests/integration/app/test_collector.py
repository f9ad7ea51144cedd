"""prj_01 on a real cluster: its readings have no gap though the pods of its database and its feed are replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import wait
from lab_helpers.images import application_images, applications, services
from lab_helpers.testing.fixture import LabFixture

pytestmark = pytest.mark.cluster

_HERE = Path(__file__).parent
_SECONDS = 90.0
_RATE = 100
# How many there are, and how many there would be from the first to the last of them without a gap.
_COUNTS = f"SELECT count(*), round(extract(epoch FROM max(at) - min(at)) * {_RATE}) + 1 FROM readings.reading"


def test_rows_have_no_gap_though_database_and_feed_are_replaced(lab: LabFixture) -> None:
    for application in (applications.load("prj_01"), services.load("postgresql")):
        application_images.push(application, lab.registry, lambda line: None)
    lab.kubectl("apply", "-f", _HERE / "collector.yaml")
    for deployment in ("database", "feed", "collector"):
        _wait_rolled_out(lab, deployment)
    before = _wait_for_more(lab, 0)

    lab.kubectl("delete", "pod", "-l", "app=database", "--wait=false")
    lab.kubectl("wait", "--for=condition=Available=false", "deployment/collector", f"--timeout={_SECONDS:g}s")
    lab.kubectl("delete", "pod", "-l", "app=feed")
    for deployment in ("database", "feed", "collector"):
        _wait_rolled_out(lab, deployment)

    after = _wait_for_more(lab, before + 3 * _RATE)
    assert after > before
    restarts = "jsonpath={.items[*].status.containerStatuses[*].restartCount}"
    assert lab.kubectl("get", "pod", "-l", "app=collector", "-o", restarts) == "0", "liveness does not ask the database"


def _wait_for_more(lab: LabFixture, number: int) -> int:
    """Wait until there are more rows than a number, and return how many; there is never a gap between them."""

    def count() -> int:
        psql = ["psql", "--username=readings", "--tuples-only", "--no-align", f"--command={_COUNTS}"]
        rows, without_gap = lab.kubectl("exec", "deployment/database", "--", *psql).strip().split("|")
        assert rows == without_gap or rows == "0"
        return int(rows) if int(rows) > number else 0

    return wait.until(count, seconds=_SECONDS, outcome="be stored", object=f"more than {number} readings")


def _wait_rolled_out(lab: LabFixture, deployment: str) -> None:
    lab.kubectl("rollout", "status", f"deployment/{deployment}", f"--timeout={_SECONDS:g}s")
