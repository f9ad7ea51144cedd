"""What of a live object cannot be read is said, and not taken for one that is not there."""

from __future__ import annotations

import pytest

from lab_helpers import programs, shell
from lab_helpers.configuration import running
from lab_helpers.configuration.deployed import Workload
from lab_helpers.errors import LabError

_WEB = Workload("Deployment", "web", "web", ())
_FORBIDDEN = 'Error from server (Forbidden): deployments.apps "web" is forbidden: User "guest" cannot get resource'


def _answer(monkeypatch: pytest.MonkeyPatch, stderr: str) -> None:
    answer = shell.Completed(("kubectl",), 1, "", stderr)
    monkeypatch.setattr(running, "ask", lambda *_arguments, **_options: answer)
    monkeypatch.setattr(running, "_has_kubectl", lambda: True)


def test_what_may_not_be_read_is_no_missing_object(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer(monkeypatch, _FORBIDDEN)
    with pytest.raises(LabError, match="you may not read it in namespace web") as refused:
        running.running(_WEB, ())
    assert refused.value.object == "deployment/web"


def test_a_cluster_that_does_not_answer_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer(monkeypatch, "The connection to the server 127.0.0.1:1 was refused")
    assert running.running(_WEB, ()) is None


def test_without_kubectl_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise LabError("is not to be had", object="kubectl")

    monkeypatch.setattr(programs, "resolve", refuse)
    assert running.running(_WEB, ()) is None
