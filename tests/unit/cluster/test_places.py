"""Homes that will not do: said by doctor, with the variable that helps, and no verb ends in a traceback."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from lab_helpers.cluster import places
from tests.commands import LAB, run_lab

VERBS = ("up", "run 03", "open --no-browser", "status", "kubeconfig", "env", "reset 5", "down", "prepare")


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "LAB_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def wrong() -> dict[str, str]:
    return {finding.name: finding.next_step for finding in places.findings() if not finding.ok}


def test_an_ordinary_home_will_do_and_nothing_stays_there(tmp_path: Path) -> None:
    assert wrong() == {}
    assert not list(tmp_path.iterdir())


def test_a_home_that_is_no_directory_will_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/dev/null")
    steps = wrong()
    assert list(steps) == ["HOME", "state directory", "cache directory"]
    assert all(step.startswith("export ") for step in steps.values())
    monkeypatch.setenv("HOME", "/var/tmp")
    assert wrong() == {}


@pytest.mark.parametrize("letter", [":", ",", '"', "=", "\n"])
def test_a_path_that_tools_take_for_a_list_is_refused_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, letter: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / f"a{letter}b"))
    (finding,) = (finding for finding in places.findings() if not finding.ok)
    assert repr(letter) in finding.seen
    assert finding.next_step.startswith("export XDG_STATE_HOME=/")


@pytest.mark.parametrize("name", ["with space", "홈 디렉터리", "it's", "a(b)[c]{d}", "$HOME", "50%", "#1;&"])
def test_other_odd_paths_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / name))
    assert wrong() == {}


def test_who_may_not_write_hears_where_and_what_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    assert list(wrong()) == ["state directory", "cache directory"]
    assert f"nothing can be written to {tmp_path}: Permission denied" in places.findings()[0].seen


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_ends_in_a_traceback_where_there_is_no_home(verb: str) -> None:
    result = run_lab(*verb.split(), env={**os.environ, "HOME": "/dev/null"})
    assert "Traceback" not in result.stderr, result.stderr
    assert result.returncode == (0 if verb == "status" else 1)


def test_an_account_without_a_home_is_told_of_it() -> None:
    without = {name: value for name, value in os.environ.items() if name != "HOME"}
    argv = ["setpriv", "--reuid=54321", "--clear-groups", LAB] if os.geteuid() == 0 else [LAB]
    result = subprocess.run([*argv, "doctor"], env=without, capture_output=True, text=True, check=False)
    assert "Traceback" not in result.stderr, result.stderr


def test_a_relative_home_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every program would take it for another directory, by where it works: a build left its own in the checkout."""
    monkeypatch.setenv("HOME", "relative")
    home = next(finding for finding in places.findings() if finding.name == "HOME")
    assert not home.ok
    assert home.seen == "relative is no absolute path"
    assert home.next_step.startswith("export HOME=/")
