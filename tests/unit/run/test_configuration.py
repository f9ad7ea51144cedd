"""What of a run's configuration is reported when the cluster does not answer any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab_helpers.errors import WaitTimeout
from lab_helpers.run import configuration
from lab_helpers.workbook.course import outlines

from .test_loss import StandIn


def test_a_server_that_is_gone_is_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[str] = []

    class GoneClient:
        def __init__(self, _kubeconfig: Path, **_: Any) -> None: ...

        def get(self, kind: str, name: str, _namespace: str) -> None:
            requests.append(f"{kind}/{name}")
            raise WaitTimeout("did not answer within 3 s", object="the API server")

    monkeypatch.setattr(configuration, "Client", GoneClient)
    lines: list[str] = []
    outline = outlines.load("05_first_deploy")
    assert list(configuration.surveys(outline, StandIn(tmp_path, 1), lines.append)) == []
    assert len(requests) == len(lines) == 1
