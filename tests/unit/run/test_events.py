"""The event stream: whole lines from many writers, and readers that meet half of one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab_helpers.errors import LabError
from lab_helpers.events import Event, Follower, emit, read

WRITER = """
import sys
from lab_helpers.events import emit
for number in range(200):
    emit("check", step=f"{sys.argv[1]}.{number}", state="passed", evidence={"padding": "x" * 5000})
"""


def test_outside_a_run_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    emit("check", step="1", state="passed")
    assert list(tmp_path.iterdir()) == []


def test_what_was_emitted_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = tmp_path / "events.jsonl"
    monkeypatch.setenv("LAB_EVENTS", str(stream))
    monkeypatch.setenv("LAB_NOTEBOOK", "05_first_deploy")
    before = time.time()
    emit("check", step="5.3", title="차례", state="failed", seconds=1.5, evidence={"pods": [1, 2]}, odd=Path("/x"))
    (event,) = read(stream)
    assert (event.kind, event.name, event.state) == ("check", "5.3", "failed")
    assert before <= event.at <= time.time()
    assert event.fields["notebook"] == "05_first_deploy"
    assert event.fields["title"] == "차례"
    assert event.fields["evidence"] == {"pods": [1, 2]}
    assert event.fields["odd"] == "/x"
    assert stream.stat().st_mode & 0o077 == 0


def test_lines_of_several_processes_do_not_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = tmp_path / "events.jsonl"
    monkeypatch.setenv("LAB_EVENTS", str(stream))
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(number)]) for number in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    events = read(stream)
    assert len({event.name for event in events}) == len(events) == 600
    assert stream.read_text().count("\n") == 600


def test_a_line_that_was_cut_off_never_happened(tmp_path: Path) -> None:
    stream = tmp_path / "events.jsonl"
    whole = Event("run", 1.0, {"state": "started"}).line()
    stream.write_text(whole + '{"kind": "check", "at": 2.0, "sta')
    assert [event.state for event in read(stream)] == ["started"]
    assert read(tmp_path / "none") == []


def test_a_line_that_was_cut_off_does_not_take_the_next_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = tmp_path / "events.jsonl"
    stream.write_text('{"kind": "check", "at": 2.0, "sta')
    follower = Follower(stream)
    assert follower.new() == []
    monkeypatch.setenv("LAB_EVENTS", str(stream))
    emit("check", step="1", state="passed")
    emit("check", step="2", state="passed")
    assert [event.name for event in follower.new()] == [event.name for event in read(stream)] == ["1", "2"]


def test_a_follower_sees_each_event_once(tmp_path: Path) -> None:
    stream = tmp_path / "events.jsonl"
    follower = Follower(stream)
    assert follower.new() == []
    first, second = Event("run", 1.0, {"state": "started"}).line(), Event("run", 2.0, {"state": "passed"}).line()
    stream.write_text(first + second[:10])
    assert [event.at for event in follower.new()] == [1.0]
    stream.write_text(first + second)
    assert [event.at for event in follower.new()] == [2.0]
    assert follower.new() == []


def test_secrets_do_not_reach_the_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets, stream = tmp_path / "secrets", tmp_path / "events.jsonl"
    secrets.write_text('quo"ted secret\n')
    secrets.chmod(0o600)
    monkeypatch.setenv("LAB_SECRETS_FILE", str(secrets))
    monkeypatch.setenv("LAB_EVENTS", str(stream))
    emit("check", step="1", state="failed", seen=['quo"ted secret'], diagnosis=json.dumps({"a": 'quo"ted secret'}))
    assert "ted secret" not in stream.read_text()


def test_mistakes_are_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_EVENTS", str(tmp_path / "none" / "events.jsonl"))
    with pytest.raises(LabError, match="cannot write the run's events"):
        emit("check", step="1", state="passed")
    with pytest.raises(ValueError, match="no such kind"):
        emit("chekc")
