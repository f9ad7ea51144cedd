from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from lab_helpers import LabError, wait
from lab_helpers.workbook.session import shell_cells
from lab_helpers.workbook.session.shell_cells import CellFailed
from tests.processes import is_running


def _run(script: str, directory: Path) -> list[str]:
    lines: list[str] = []
    shell_cells.run(script, directory, lines.append)
    return lines


def test_it_runs_in_the_workspace_and_hands_over_errors_too(tmp_path: Path) -> None:
    (tmp_path / "pull.yaml").touch()
    assert _run("ls\necho oh >&2\n", tmp_path) == ["pull.yaml", "oh"]


def test_the_first_command_that_fails_ends_it_and_is_named(tmp_path: Path) -> None:
    lines: list[str] = []
    with pytest.raises(CellFailed) as failure:
        shell_cells.run("# a comment\nfalse\necho never\n", tmp_path, lines.append)
    assert lines == ["line 2 ended with 1: false"]
    assert failure.value.returncode == 1
    assert "line 2 ended with 1: false" in str(failure.value)
    assert "Traceback" not in "".join(failure.value._render_traceback_())


@pytest.mark.parametrize("script", ["false | cat", 'echo "$UNSET_VARIABLE"', "cd /nowhere-at-all && ls"])
def test_what_bash_would_pass_over_fails_too(script: str, tmp_path: Path) -> None:
    with pytest.raises(CellFailed):
        _run(script, tmp_path)


def test_a_failure_that_is_expected_is_none(tmp_path: Path) -> None:
    assert _run("if false; then exit 1; fi\necho went on", tmp_path) == ["went on"]


def test_lines_come_as_they_are_printed(tmp_path: Path) -> None:
    lines: list[str] = []
    go = tmp_path / "go"
    script = f'echo first; until [ -e "{go}" ]; do sleep 0.01; done; echo second'
    thread = threading.Thread(target=shell_cells.run, args=(script, tmp_path, lines.append))
    thread.start()
    wait.until(lambda: lines == ["first"], seconds=120, outcome="print its first line")
    go.touch()
    thread.join(timeout=120)
    assert lines == ["first", "second"]


def test_what_is_left_in_the_background_ends_with_the_cell(tmp_path: Path) -> None:
    # The child holds the cell's output open: were it not ended, this would take a minute.
    assert _run("sleep 60 &\necho started", tmp_path) == ["started"]


def test_the_exit_status_is_the_learners_own(tmp_path: Path) -> None:
    with pytest.raises(CellFailed) as failure:
        _run("sleep 60 &\nexit 7", tmp_path)
    assert failure.value.returncode == 7


class _IPython:
    def __init__(self) -> None:
        self.magic: Any = None

    def register_magic_function(self, function: Any, magic_kind: str, magic_name: str) -> None:
        assert (magic_kind, magic_name) == ("cell", "bash")
        self.magic = function


def test_the_magic_runs_its_cell() -> None:
    ipython, ran = _IPython(), list[str]()
    shell_cells.register(ipython, ran.append)
    ipython.magic("", "kubectl get pods\n")
    assert ran == ["kubectl get pods\n"]


def test_the_magic_takes_no_options() -> None:
    ipython = _IPython()
    shell_cells.register(ipython, lambda _: None)
    with pytest.raises(LabError, match="takes no options"):
        ipython.magic("--no-raise-error", "false")


def test_a_failure_says_what_follows_from_what_the_command_said(tmp_path: Path) -> None:
    said = 'Error from server (AlreadyExists): namespaces "lab-03" already exists'
    with pytest.raises(CellFailed) as failure:
        _run(f"echo before\nkubectl() {{ echo '{said}' >&2; return 1; }}\nkubectl create namespace lab-03\n", tmp_path)
    assert failure.value.last_event == said
    assert "is there already" in failure.value.hint
    failure.value.redact(lambda text: text.replace("lab-03", "***"))
    assert "lab-03" not in str(failure.value)


def test_stopped_it_ends_all_that_it_started(tmp_path: Path) -> None:
    """As `kubectl logs -f` in a cell and then the stop button, where only the kernel hears the interrupt."""
    started: list[int] = []

    def stop(line: str) -> None:
        started.append(int(line))
        if len(started) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shell_cells.run("sleep 900 & echo $!\nbash -c 'echo $$; sleep 900; true'", tmp_path, stop)
    wait.until(lambda: not any(map(is_running, started)), seconds=120, outcome="end")
