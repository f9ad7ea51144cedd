"""Programs are made by one lab at a time, and nobody waits for one that has had its turn."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from lab_helpers import locks, paths, wait
from lab_helpers.programs import store


def test_whoever_waits_comes_before_whoever_has_just_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "cache_directory", lambda: tmp_path)
    order: list[str] = []

    def take(name: str) -> None:
        with store.exclusive(lambda _line: None):
            order.append(name)

    waiting = threading.Thread(target=take, args=("waited",), daemon=True)
    with store.exclusive(lambda _line: None):
        waiting.start()
        wait.until(lambda: locks.is_held(store.root() / "turn"), seconds=60, outcome="wait", object="the other")
    take("again")
    waiting.join(60)
    assert order == ["waited", "again"]
