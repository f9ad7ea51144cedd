"""Whoever uses a cluster learns at once that it has ended, and why: from its keeper, or by its silence."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import cast

import pytest

from lab_helpers import wait
from lab_helpers.cluster import control, loss
from lab_helpers.cluster.embedded.cluster import EmbeddedCluster
from lab_helpers.cluster.embedded.layout import EmbeddedLayout
from lab_helpers.cluster.lifeline import Holders, Lifeline, leave_end, read_end
from lab_helpers.cluster.loss import ASKED, FULL, KILLED, OWNER_GONE, ClusterLost, End, explain

KEEPER = """
import socket, sys
from pathlib import Path
from lab_helpers.cluster import control
from lab_helpers.cluster.lifeline import Holders
from lab_helpers.cluster.loss import End
holders, listening = Holders(), socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen()
Path(sys.argv[1]).with_name("listening").touch()
control.accept_request(listening, holders)
Path(sys.argv[1]).with_name("held").touch()
sys.stdin.readline()
holders.tell(End("a-1", -9, "etcd ended with 1"))
"""


@pytest.fixture
def keeper(tmp_path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", KEEPER, str(tmp_path / "control")], stdin=subprocess.PIPE, text=True)


def hold(directory: Path) -> Lifeline:
    wait.until((directory / "listening").exists, seconds=120, outcome="listen")
    lifeline = Lifeline(directory / "control")
    wait.until((directory / "held").exists, seconds=120, outcome="be held")
    return lifeline


def test_the_keepers_last_words_are_heard(keeper: subprocess.Popen[str], tmp_path: Path) -> None:
    lifeline = hold(tmp_path)
    keeper.communicate("end\n", timeout=120)
    assert lifeline.wait() == End("a-1", -9, "etcd ended with 1")


def test_a_killed_keeper_is_noticed_by_its_silence(keeper: subprocess.Popen[str], tmp_path: Path) -> None:
    lifeline = hold(tmp_path)
    keeper.kill()
    assert lifeline.wait() == KILLED
    keeper.communicate()


def test_a_cluster_without_a_keeper_has_ended(tmp_path: Path) -> None:
    assert Lifeline(tmp_path / "control").wait() == KILLED
    assert not control.answers(tmp_path / "control")


def test_who_lets_go_waits_no_longer(keeper: subprocess.Popen[str], tmp_path: Path) -> None:
    lifeline = hold(tmp_path)
    heard: list[End] = []
    waiting = threading.Thread(target=lambda: heard.append(lifeline.wait()))
    waiting.start()
    lifeline.close()
    waiting.join(120)
    assert heard == [KILLED]
    keeper.kill()
    keeper.communicate()


def test_why_a_cluster_ended_is_left_beside_its_logs(tmp_path: Path) -> None:
    assert read_end(tmp_path / "control") == KILLED
    leave_end(tmp_path / "control", End("a-1", 1))
    assert read_end(tmp_path / "control") == End("a-1", 1)
    (tmp_path / "end").write_text("")
    assert read_end(tmp_path / "control") == End(FULL), "what kept it from being written"
    (tmp_path / "end").write_text('{"cause": ')
    assert read_end(tmp_path / "control") == KILLED


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (End("a-1", -9), "its node a-1 was killed (SIGKILL)"),
        (End("a-1", 1), "its node a-1 ended with 1"),
        (KILLED, "its keeper was killed"),
        (End(ASKED), "was deleted by another command"),
        (End(OWNER_GONE), "whoever made it has ended"),
    ],
)
def test_the_loss_is_named_with_what_to_type(end: End, reason: str, tmp_path: Path) -> None:
    loss = explain("a", end, tmp_path, is_kept=True)
    assert reason in loss.reason
    assert (loss.object, loss.next_step) == ("lab a", "lab up --name a")
    assert explain("run-1", end, tmp_path, is_kept=False).next_step == "lab run"


def test_a_full_disk_is_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loss.shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(2 << 30, 2 << 30, 0))  # type: ignore[attr-defined]
    lost = explain("a", End("a-1", 1, "etcd ended with 1"), tmp_path / "cluster", is_kept=True)
    assert "the disk is full" in lost.reason
    assert lost.next_step == f"df -h {tmp_path}"


def test_a_holder_that_is_gone_keeps_nobody_from_being_told() -> None:
    holders, (gone, peer), (held, other) = Holders(), socket.socketpair(), socket.socketpair()
    holders.add(peer)
    holders.add(other)
    gone.close()
    holders.tell(End("a-1"))
    with held:
        assert End.decode(held.recv(4096)) == End("a-1")
        assert held.recv(1) == b""


def test_holders_that_let_go_cost_a_keeper_nothing() -> None:
    holders, (gone, peer), (held, other), (last, third) = Holders(), *(socket.socketpair() for _ in range(3))
    holders.add(peer)
    holders.add(other)
    gone.close()
    holders.add(third)
    assert peer.fileno() == -1
    holders.tell(End("a-1"))
    for each in (held, last):
        with each:
            assert End.decode(each.recv(4096)) == End("a-1")


def test_a_cluster_that_was_deleted_before_it_was_kept_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    cluster = EmbeddedCluster(EmbeddedLayout("a", tmp_path, 0), cast("subprocess.Popen[str]", object()))
    with pytest.raises(ClusterLost, match="was deleted by another command") as failure:
        cluster.keep()
    assert failure.value.next_step == "lab up --name a"
