"""The foundation: errors carry what a person needs, commands fail loudly, waiting ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab_helpers import checkout, paths, shell, wait
from lab_helpers.errors import CheckFailed, CommandFailed, LabError, WaitTimeout
from tests.processes import is_running


def test_an_error_names_object_reason_last_event_and_next_step() -> None:
    error = LabError("is gone", object="pod/a", last_event="Evicted", next_step="kubectl get pods")
    assert str(error) == "pod/a: is gone\n  last event: Evicted\n  next: kubectl get pods"


def test_ipython_shows_the_message_and_no_traceback() -> None:
    error = CheckFailed("v1", seen="v2", hint="look at the tag", step="5.3")
    assert error._render_traceback_() == [str(error)]
    assert "expected: v1" in str(error)
    assert "hint:     look at the tag" in str(error)


def test_a_failed_command_can_be_pasted() -> None:
    with pytest.raises(CommandFailed) as failure:
        shell.run(["sh", "-c", "echo it broke >&2; exit 3"])
    assert failure.value.returncode == 3
    assert "it broke" in failure.value.last_event
    assert failure.value.next_step == "sh -c 'echo it broke >&2; exit 3'"


def test_a_command_that_takes_too_long_is_killed_and_named() -> None:
    with pytest.raises(CommandFailed, match="sleep 900") as failure:
        shell.run(["sleep", "900"], timeout=0.1)
    assert failure.value.returncode == -signal.SIGKILL


@pytest.mark.parametrize("script", ["sleep 900 & sleep 900", "setsid sleep 900 & sleep 900"])
def test_what_a_command_started_does_not_make_its_time_limit_longer(script: str) -> None:
    begun = time.monotonic()
    with pytest.raises(CommandFailed, match="ended with -9"):
        shell.run(["bash", "-c", script], timeout=0.3)
    assert time.monotonic() - begun < 500


def test_what_a_killed_command_had_printed_is_told() -> None:
    with pytest.raises(CommandFailed, match=r"half way\s+killed after 3 s"):
        shell.run(["bash", "-c", "echo half way; sleep 900 & wait"], timeout=3)


def test_a_stream_that_is_left_ends_with_all_that_it_started() -> None:
    def leave(line: str) -> None:
        raise LabError(line)

    with pytest.raises(LabError) as failure:
        shell.stream(["bash", "-c", "sleep 300 & echo $!; wait"], leave)
    sleeper = int(failure.value.reason)
    wait.until(lambda: not is_running(sleeper), seconds=120, outcome="die", object=f"process {sleeper}")


def test_commands_are_given_text_as_it_is_whatever_the_locale() -> None:
    script = f"from lab_helpers import shell; print(ascii(shell.run(['cat'], input={'✓ 한글'!a}).stdout))"
    result = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", script],
        env={**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == ascii("✓ 한글")


def test_a_missing_program_is_named() -> None:
    with pytest.raises(LabError, match="no such program") as failure:
        shell.run(["no-such-program-anywhere"])
    assert failure.value.object == "no-such-program-anywhere"


def test_a_package_without_its_checkout_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "__file__", str(tmp_path / "lab_helpers" / "paths.py"))
    with pytest.raises(LabError, match="installed without its checkout"):
        checkout.notebooks_directory()


def test_another_checkout_is_named_and_has_to_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.LAB_CHECKOUT, str(tmp_path))
    with pytest.raises(LabError, match="has no directory notebooks/"):
        checkout.labs_directory()
    (tmp_path / "notebooks").mkdir()
    assert checkout.labs_directory() == tmp_path / "labs"


def test_lines_are_handed_over_as_they_come() -> None:
    lines: list[str] = []
    shell.stream(["sh", "-c", "echo one; echo two >&2"], lines.append)
    assert lines == ["one", "two"]


def test_a_killed_lab_takes_its_commands_with_it(tmp_path: Path) -> None:
    script = "from lab_helpers import shell; p = shell.start(['sleep', '300']); print(p.pid, flush=True); p.wait()"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as lab:
        assert lab.stdout is not None
        child = int(lab.stdout.readline())
        comm = Path(f"/proc/{child}/comm")
        wait.until(lambda: comm.read_text() == "sleep\n", seconds=120, outcome="start", object=f"process {child}")
        lab.kill()
    wait.until(lambda: not is_running(child), seconds=120, outcome="die", object=f"process {child}")


def test_waiting_returns_what_was_found_and_counts_errors_of_the_lab_as_not_yet() -> None:
    looks = iter([LabError("not there"), None, "found"])

    def look() -> str | None:
        value = next(looks)
        if isinstance(value, LabError):
            raise value
        return value

    assert wait.until(look, seconds=120, outcome="appear", every=0.001) == "found"


def test_waiting_ends_with_the_last_reason() -> None:
    def look() -> None:
        raise LabError("refused", object="port 1")

    with pytest.raises(WaitTimeout) as failure:
        wait.until(look, seconds=0.02, outcome="answer", object="server", next_step="look", every=0.001)
    assert "server: did not answer within 0.02 s" in str(failure.value)
    assert "port 1: refused" in failure.value.last_event
    assert failure.value.next_step == "look"


def test_a_mistake_in_a_condition_is_not_waited_out() -> None:
    def look() -> None:
        raise KeyError("mistake")

    with pytest.raises(KeyError):
        wait.until(look, seconds=120, outcome="appear")
