"""The bases of applications in earnest: a wheel with native code answers, a database keeps its rows."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from lab_helpers import checkout, wait
from lab_helpers.images import application_images, applications
from lab_helpers.testing.fixture import LabFixture

pytestmark = pytest.mark.cluster

_HERE = Path(__file__).parent
_SECONDS = 90.0


def _ask(port: int, path: str, method: str = "GET") -> Any:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    with urllib.request.urlopen(request, timeout=_SECONDS) as response:
        return json.load(response)


def test_a_row_written_through_a_native_wheel_outlives_the_pod_of_its_database(
    lab: LabFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "app_directory", lambda: _HERE / "app")
    for name in applications.names():
        application_images.push(applications.load(name), lab.registry, lambda line: None)
    lab.kubectl("apply", "-f", _HERE / "words.yaml")
    for deployment in ("database", "client"):
        lab.kubectl("rollout", "status", f"deployment/{deployment}", f"--timeout={_SECONDS:g}s")

    with lab.port_forward("deployment/client", 8080) as port:
        _ask(port, "/kept", method="PUT")
        assert _ask(port, "/") == {"words": ["kept"], "implementation": "binary"}

        before = _database(lab)
        lab.kubectl("delete", before)
        wait.until(lambda: _database(lab) != before, seconds=_SECONDS, outcome="be replaced", object=before)
        lab.kubectl("rollout", "status", "deployment/database", f"--timeout={_SECONDS:g}s")
        assert _ask(port, "/")["words"] == ["kept"]


def _database(lab: LabFixture) -> str:
    return lab.kubectl("get", "pod", "-l", "app=database", "-o", "name").strip()
