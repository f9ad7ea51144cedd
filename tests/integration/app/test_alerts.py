"""prj_04 on a real cluster: every alert once though its pods are killed, and none lost with the pod of its broker."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from lab_helpers import wait
from lab_helpers.images import application_images, applications, services
from lab_helpers.testing.fixture import LabFixture

pytestmark = pytest.mark.cluster

_HERE = Path(__file__).parent
_SECONDS = 90.0
_READINGS = 40
_PSQL = ["psql", "--username=readings", "--tuples-only", "--no-align"]


def test_alerts_are_raised_once_though_pods_and_broker_are_replaced(lab: LabFixture) -> None:
    for application in (applications.load("prj_04"), *map(services.load, services.names())):
        application_images.push(application, lab.registry, lambda line: None)
    lab.kubectl("apply", "-f", "-", input=_database())
    lab.kubectl("apply", "-f", _HERE / "alerts.yaml")
    for deployment in ("database", "broker", "alerts"):
        _wait_rolled_out(lab, deployment)

    _publish(lab, 0)
    lab.kubectl("delete", "pod", "-l", "app=alerts", "--grace-period=0", "--force", "--wait=false")
    _publish(lab, 1)
    _wait_rolled_out(lab, "alerts")
    _wait_for_alerts(lab, 2)

    lab.kubectl("delete", "pod", "-l", "app=broker", "--wait=false")
    lab.kubectl("wait", "--for=condition=Available=false", "deployment/alerts", f"--timeout={_SECONDS:g}s")
    for deployment in ("broker", "alerts"):
        _wait_rolled_out(lab, deployment)
    _publish(lab, 2)
    _wait_for_alerts(lab, 3)
    restarts = "jsonpath={.items[*].status.containerStatuses[*].restartCount}"
    assert lab.kubectl("get", "pod", "-l", "app=alerts", "-o", restarts) == "0 0", "liveness does not ask the broker"


def _database() -> str:
    """The objects of the collector's database alone, and the Secret that says how to reach it."""
    objects = yaml.safe_load_all((_HERE / "collector.yaml").read_text())
    return str(
        yaml.safe_dump_all(
            each for each in objects if each["metadata"]["name"] == "database" or each["kind"] == "Secret"
        )
    )


def _publish(lab: LabFixture, minute: int) -> None:
    """Publish the readings of a minute, each of which breaks the rule."""
    times = (f"2026-01-01T00:{minute:02}:{second:02}Z" for second in range(_READINGS))
    commands = "".join(f"XADD readings * sensor boiler-1 at {at} value 99\n" for at in times)
    lab.kubectl("exec", "--stdin", "deployment/broker", "--", "redis-cli", "-e", input=commands)


def _wait_for_alerts(lab: LabFixture, minutes: int) -> None:
    """Wait until each reading of so many minutes has raised its alert; a second one cannot be, and is looked for."""
    seconds = ((minute, second) for minute in range(minutes) for second in range(_READINGS))
    expected = Counter(f"2026-01-01T00:{minute:02}:{second:02}" for minute, second in seconds)
    query = "SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') FROM alerts.alert"

    def has_all() -> bool:
        raised = lab.kubectl("exec", "deployment/database", "--", *_PSQL, f"--command={query}").split()
        return Counter(raised) == expected

    wait.until(has_all, seconds=_SECONDS, outcome="be handled", object=f"the readings of {minutes} minutes")


def _wait_rolled_out(lab: LabFixture, deployment: str) -> None:
    lab.kubectl("rollout", "status", f"deployment/{deployment}", f"--timeout={_SECONDS:g}s")
