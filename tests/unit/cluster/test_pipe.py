"""A keeper is known from its first moment: whoever comes after it can wait for its end."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from lab_helpers.cluster import control, pipe
from lab_helpers.errors import WaitTimeout


@pytest.fixture
def socket(tmp_path: Path) -> Path:
    """Where a keeper would listen that does not yet."""
    (tmp_path / "logs").mkdir()
    return tmp_path / "control"


def test_a_keeper_that_does_not_listen_yet_is_waited_for(socket: Path) -> None:
    keeper = pipe.start(["cat"], control.keeper_log(socket))
    with pytest.raises(WaitTimeout, match="did not end"):
        control.wait_ended(socket, "a", seconds=0.1)
    pipe.let_go(keeper)
    control.wait_ended(socket, "a", seconds=120)
    assert keeper.wait(timeout=120) == 0


def test_what_a_keeper_starts_is_not_taken_for_it(socket: Path) -> None:
    """Its children have their own places to print to, and may outlive it by a moment."""
    log = control.keeper_log(socket)
    keeper = pipe.start(["sh", "-c", f"sleep 3600 >> {log} 2>&1 & echo $!"], log)
    assert keeper.wait(timeout=120) == 0
    control.wait_ended(socket, "a", seconds=120)
    pipe.let_go(keeper)
    os.kill(int(log.read_text()), signal.SIGKILL)


def test_where_there_never_was_a_keeper_nothing_is_waited_for(socket: Path) -> None:
    control.wait_ended(socket, "a", seconds=0)
    control.wait_ended(socket.parent / "nowhere/control", "a", seconds=0)
