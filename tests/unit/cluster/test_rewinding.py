"""A keeper refuses what it cannot do before it stops anything."""

from __future__ import annotations

import selectors
import shutil
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from lab_helpers.cluster.control import Request
from lab_helpers.cluster.embedded import copies, rewinding
from lab_helpers.cluster.embedded.layout import EmbeddedLayout, NodeLayout
from lab_helpers.cluster.embedded.rewinding import DISCARD, GO_BACK, SAVE, Rewinder
from lab_helpers.errors import LabError


class _Runner:
    """Runs nothing, and must not be told to."""

    def running(self) -> Iterable[tuple[str, int]]:
        return ()

    def stop(self) -> None:
        raise AssertionError("stopped")

    def start(self, joined: Sequence[NodeLayout]) -> None:
        raise AssertionError("started")

    def tell_api(self) -> None:
        raise AssertionError("told")


@pytest.fixture
def layout(tmp_path: Path) -> EmbeddedLayout:
    layout = EmbeddedLayout("a", tmp_path / "cluster", 0)
    (layout.node(1).directory / "etcd").mkdir(parents=True)
    (layout.node(1).directory / "etcd/db").write_text("now")
    return layout


class _TwoNodes(_Runner):
    """Runs two nodes."""

    def running(self) -> Iterable[tuple[str, int]]:
        return (("a-1", 1), ("a-2", 2))


def _ask(layout: EmbeddedLayout, verb: str, name: str, runner: _Runner | None = None) -> str:
    ours, theirs = socket.socketpair()
    with ours, selectors.DefaultSelector() as selector:
        assert Rewinder(layout, runner or _Runner(), selector).answer(Request(verb, name, theirs)) is None
        return ours.recv(4096).decode()


@pytest.mark.parametrize("name", ["..", "", "../../x", "none"])
def test_what_is_no_checkpoint_is_not_gone_back_to(layout: EmbeddedLayout, name: str) -> None:
    assert _ask(layout, GO_BACK, name).startswith("failed ")
    assert (layout.node(1).directory / "etcd/db").read_text() == "now"


def test_a_full_disk_is_told_before_anything_is_copied(layout: EmbeddedLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    for directory in (layout.checkpoints / ".b", layout.checkpoints / "a/cluster/node-1/etcd"):
        directory.mkdir(parents=True)
    usage = shutil.disk_usage(layout.directory)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1 << 20))
    for verb, name in ((SAVE, "b"), (GO_BACK, "a")):
        assert "there is no room for it" in _ask(layout, verb, name)
    assert not (layout.directory / "fresh").exists()


def test_half_a_copy_does_not_stay(layout: EmbeddedLayout, monkeypatch: pytest.MonkeyPatch) -> None:
    (layout.checkpoints / "a/cluster/node-1/etcd").mkdir(parents=True)

    def fail(_source: Path, target: Path) -> None:
        target.mkdir()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(copies, "copy", fail)
    assert "No space left" in _ask(layout, GO_BACK, "a")
    assert not (layout.directory / "fresh").exists()


def test_where_one_node_cannot_be_held_nothing_is_taken_from_another(
    layout: EmbeddedLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = layout.checkpoints / "a/cluster/node-1"
    (node / "etcd").mkdir(parents=True)
    (node / "images.json").write_text("{}")

    @contextmanager
    def stopped(pid: int, program: str) -> Iterator[None]:
        if pid == 2:
            raise LabError("runs no kubelet", object=program)
        yield

    def take(*_arguments: object) -> NoReturn:
        raise AssertionError("taken from the first")

    monkeypatch.setattr(rewinding, "stopped", stopped)
    monkeypatch.setattr(rewinding, "Runtime", take)
    assert "runs no kubelet" in _ask(layout, GO_BACK, "a", _TwoNodes())
    assert not (layout.directory / "fresh").exists()


def test_only_what_is_unfinished_is_discarded(layout: EmbeddedLayout) -> None:
    for name in (".a", "a"):
        (layout.checkpoints / name).mkdir(parents=True)
    assert _ask(layout, DISCARD, "a") == "discarded\n"
    assert [path.name for path in layout.checkpoints.iterdir()] == ["a"]
