"""A program of a node is stopped, with all its threads, and goes on afterwards."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab_helpers.cluster.embedded import processes
from lab_helpers.errors import LabError

_THREADS = 4
_PROGRAM = f"""
import threading
for _ in range({_THREADS - 1}):
    threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()
print("busy", flush=True)
threading.Event().wait()
"""


@pytest.fixture
def starter() -> Iterator[int]:
    """The starter of a node whose first process runs a program with busy threads."""
    command = f'sh -c \'"{sys.executable}" -c "$0"; :\' "$0"; :'
    with subprocess.Popen(["sh", "-c", command, _PROGRAM], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "busy\n"
        program = processes.children(processes.first_process(process.pid))
        try:
            yield process.pid
        finally:
            subprocess.run(["kill", "-KILL", *map(str, program)], check=True)


def _states(pid: int) -> list[str]:
    return [stat.read_text().rpartition(") ")[2][0] for stat in Path(f"/proc/{pid}/task").glob("*/stat")]


def test_no_thread_of_a_stopped_program_runs(starter: int) -> None:
    (program,) = processes.children(processes.first_process(starter))
    with processes.stopped(starter, Path(sys.executable).name):
        assert _states(program) == ["T"] * _THREADS
    assert "T" not in _states(program)


def test_a_program_that_does_not_run_is_named(starter: int) -> None:
    with pytest.raises(LabError) as refused, processes.stopped(starter, "etcd"):
        pass
    assert refused.value.object == "etcd"
