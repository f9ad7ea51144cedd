"""Bases and backing services in earnest: a wheel with native code answers, what was stored outlives its pod."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from lab_helpers import wait
from lab_helpers.errors import LabError
from lab_helpers.images import application_images, applications, services
from lab_helpers.testing.fixture import LabFixture

pytestmark = pytest.mark.cluster

_HERE = Path(__file__).parent
_SECONDS = 90.0


def _ask(port: int, path: str, method: str = "GET") -> Any:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    with urllib.request.urlopen(request, timeout=_SECONDS) as response:
        return json.load(response)


def test_what_was_stored_through_a_native_wheel_or_in_redis_outlives_the_pods(lab: LabFixture) -> None:
    client = applications.load("client", _HERE / "app")
    for application in (client, *map(services.load, services.names())):
        application_images.push(application, lab.registry, lambda line: None)
    lab.kubectl("apply", "-f", _HERE / "words.yaml")
    for deployment in ("database", "broker", "client"):
        _wait_rolled_out(lab, deployment)

    with lab.port_forward("deployment/client", 8080) as port:
        _ask(port, "/kept", method="PUT")
        assert _redis(lab, "set", "word", "kept") == "OK"
        assert _ask(port, "/") == {"words": ["kept"], "implementation": "binary"}

        for deployment in ("database", "broker"):
            _replace(lab, deployment)
        assert _ask(port, "/")["words"] == ["kept"]
        assert _redis(lab, "get", "word") == "kept"


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("start postgres", "postgresql: POSTGRES_PASSWORD is not set"),
        ("POSTGRES_PASSWORD=x PGDATA=/tmp start postgres", "postgresql: PGDATA: /tmp is not owned by user 999"),
        ("POSTGRES_PASSWORD=x PGDATA=/proc/x start postgres", "postgresql: PGDATA: /proc/x cannot be made"),
        ("mkdir -p $PGDATA/mine; POSTGRES_PASSWORD=x start postgres", "holds files and no database"),
        # What one leaves that was killed in the middle of its first start.
        (
            "mkdir -p $PGDATA/.new/base $PGDATA/global; POSTGRES_PASSWORD=x start postgres",
            "database system is ready to accept connections",
        ),
    ],
)
def test_a_database_starts_or_says_which_variable_to_mend(script: str, line: str, lab: LabFixture) -> None:
    postgresql = services.load("postgresql")
    application_images.push(postgresql, lab.registry, lambda _: None)
    image = f"--image={postgresql.reference(postgresql.releases[0])}"
    lab.kubectl("run", "database", image, "--restart=Never", "--command", "--", "sh", "-c", script)

    def is_printed() -> bool:
        log = lab.kubectl("logs", "database")
        if line not in log:
            raise LabError(log, object="pod database")
        return True

    wait.until(is_printed, seconds=_SECONDS, outcome="print", object="pod database")


def _replace(lab: LabFixture, deployment: str) -> None:
    before = _pod(lab, deployment)
    lab.kubectl("delete", before)
    wait.until(lambda: _pod(lab, deployment) != before, seconds=_SECONDS, outcome="be replaced", object=before)
    _wait_rolled_out(lab, deployment)


def _wait_rolled_out(lab: LabFixture, deployment: str) -> None:
    lab.kubectl("rollout", "status", f"deployment/{deployment}", f"--timeout={_SECONDS:g}s")


def _pod(lab: LabFixture, app: str) -> str:
    return lab.kubectl("get", "pod", "-l", f"app={app}", "-o", "name").strip()


def _redis(lab: LabFixture, *command: str) -> str:
    script = f'REDISCLI_AUTH="$PASSWORD" redis-cli {" ".join(command)}'
    return lab.kubectl("exec", "deployment/broker", "--", "sh", "-c", script).strip()
