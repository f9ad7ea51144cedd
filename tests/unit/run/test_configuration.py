"""What of a run's configuration is reported when the cluster does not answer any more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab_helpers import paths
from lab_helpers.errors import WaitTimeout
from lab_helpers.run import configuration
from lab_helpers.workbook.course import outlines

from .test_loss import StandIn

_OUTLINE = outlines.load("05_first_deploy")


@pytest.fixture
def requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of a server that does not answer, by a lab without a workspace."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    requests: list[str] = []

    class GoneClient:
        def __init__(self, _kubeconfig: Path, **_: Any) -> None: ...

        def get(self, kind: str, name: str, _namespace: str) -> None:
            requests.append(f"{kind}/{name}")
            raise WaitTimeout("did not answer within 3 s", object="the API server")

    monkeypatch.setattr(configuration, "Client", GoneClient)
    return requests


def test_a_server_that_is_gone_is_waited_for_once(requests: list[str], tmp_path: Path) -> None:
    cluster, lines = StandIn(tmp_path, 1), list[str]()
    (paths.workspace_directory(cluster.name) / _OUTLINE.notebook / "infra").mkdir(parents=True)
    assert list(configuration.surveys(_OUTLINE, cluster, lines.append)) == []
    assert len(requests) == len(lines) == 1


def test_a_notebook_that_ended_before_its_workspace_was_there_has_deployed_nothing(
    requests: list[str], tmp_path: Path
) -> None:
    lines: list[str] = []
    assert list(configuration.surveys(_OUTLINE, StandIn(tmp_path, 1), lines.append)) == []
    assert requests == lines == []
