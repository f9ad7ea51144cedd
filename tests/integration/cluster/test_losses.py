"""Whatever part of a cluster or of a run is killed, and whenever: mended, or said, and nothing is left."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from tests.integration.cluster.remains import assert_nothing_remains, remains
from tests.losses import Loss, judge, losses, strike

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize("loss", losses(), ids=str)
def test_a_run_with_a_part_killed_ends_well_or_says_why_not(loss: Loss, name: str, tmp_path: Path) -> None:
    outcome = strike(loss, name, processes, tmp_path)
    judge(loss, outcome)
    assert_nothing_remains(name, seconds=0.5)


def processes(name: str, part: str, run: int) -> list[int]:
    """The processes of a part of a lab."""
    commands = {int(line.split()[1]): line.split()[2:] for line in remains(name) if line.startswith("process ")}
    if part == "kernel":
        return [pid for pid in _children(run) if "ipykernel_launcher" in _command(pid)]
    if part == "keeper":
        return [pid for pid, words in commands.items() if "lab_helpers.cluster.embedded.keeper" in words]
    if part == "node":
        return [pid for pid, words in commands.items() if "--kill-child=KILL" in words for pid in _children(pid)]
    program = "docker-registry" if part == "registry" else part
    return [pid for pid, words in commands.items() if words and Path(words[0]).name == program]


def _children(pid: int) -> list[int]:
    children: list[int] = []
    for file in Path(f"/proc/{pid}/task").glob("*/children"):  # a process is a child of the thread that started it
        with suppress(FileNotFoundError, ProcessLookupError):
            children += map(int, file.read_text().split())
    return children


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
