"""`lab addon`: what it lists without a cluster, and what it says of one that is not there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lab_helpers.addons import installing
from lab_helpers.addons.catalogue import names
from lab_helpers.cli import main
from lab_helpers.cluster import choose
from lab_helpers.errors import LabError
from tests.commands import run_lab


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("LAB_LANGUAGE", "en")


def test_all_add_ons_are_listed_where_no_cluster_runs() -> None:
    listed = run_lab("addon", "list")
    assert listed.returncode == 0, listed.stderr
    for name in ("dns", "local-path", "metrics-server"):
        assert f"\n{name} " in listed.stdout
    assert "lab lab has no running cluster; next: lab up --name lab" in listed.stdout


@pytest.mark.parametrize("verb", ["install", "remove"])
def test_an_unknown_one_is_refused_with_those_there_are(verb: str) -> None:
    refused = run_lab("addon", verb, "metrics")
    assert refused.returncode == 1
    assert f"'metrics': is no add-on; there are {', '.join(names())}\n" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("verb", ["install", "remove"])
def test_without_a_cluster_the_way_to_one_is_said(verb: str) -> None:
    refused = run_lab("addon", verb, "metrics-server")
    assert refused.returncode == 1
    assert "lab lab: has no running cluster" in refused.stderr
    assert "next: lab up --name lab" in refused.stderr


@pytest.mark.parametrize("verb", ["install", "remove"])
def test_interrupted_it_does_not_claim_that_nothing_is_left(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _fail(KeyboardInterrupt(), verb, monkeypatch) == 130
    message = capsys.readouterr().err
    assert "add-on metrics-server: interrupted; a part of it may be on the cluster" in message
    assert f"next: lab addon {verb} metrics-server --name mine" in message


@pytest.mark.parametrize("verb", ["install", "remove"])
def test_where_the_cluster_ends_meanwhile_that_is_said(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _fail(LabError("did not answer", object="registry"), verb, monkeypatch, runs_on=False) == 1
    assert capsys.readouterr().err == "lab: lab mine: has no running cluster\n  next: lab up --name mine\n"
    assert _fail(LabError("did not answer", object="registry"), verb, monkeypatch) == 1
    assert capsys.readouterr().err == "lab: registry: did not answer\n"


def _fail(
    error: BaseException, verb: str, monkeypatch: pytest.MonkeyPatch, *, runs_on: bool = True
) -> int | str | None:
    """The exit code of a verb in the middle of which something goes wrong, on a cluster that runs on or does not."""

    class Attached:
        name = "mine"

    looks = iter([Attached(), Attached() if runs_on else None])

    def fail(*_arguments: object) -> None:
        raise error

    class Maker:
        def attach(self, _name: str) -> Attached | None:
            return next(looks)

    monkeypatch.setattr(choose, "maker_of", lambda _name: Maker())
    monkeypatch.setattr(installing, verb, fail)
    monkeypatch.setattr(sys, "argv", ["lab", "addon", verb, "metrics-server", "--name", "mine"])
    with pytest.raises(SystemExit) as end:
        main.main()
    return end.value.code


def test_it_speaks_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_LANGUAGE", "ko")
    assert "랩 클러스터의 애드온을 보여 주고, 설치하고, 지웁니다." in run_lab("addon", "--help").stdout
