"""What 1.5 remembers for 1.6 is the pod in which the word was written."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import CheckContext
from labs.lab_01_template import database, shop, starting, worker


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words in a database that is otherwise as it should be."""
    words: list[str] = []
    answers = {"count": "1", "regclass": "word"}

    def query(_lab: CheckContext, _pod: object, statement: str) -> str:
        return next((answer for part, answer in answers.items() if part in statement), " ".join(words))

    for name in ("_expect_connections", "_expect_init", "expect_service"):
        monkeypatch.setattr(database, name, lambda *_: {"spec": {"clusterIP": ""}})
    monkeypatch.setattr(database, "_query", query)
    monkeypatch.setattr(shop, "deployment", lambda *_: {})
    monkeypatch.setattr(starting, "expect_single", lambda _deployment: None)
    monkeypatch.setattr(worker, "expect_ready_unrestarted", lambda _lab: "")
    monkeypatch.setattr(database, "_places", lambda *_: 0)
    return words


def _look(lab: CheckContext, pod: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "running", lambda *_: [{"metadata": {"uid": pod}}])
    database.reached_by_name.look(lab)


def test_the_pod_before_the_word_is_the_yardstick(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lab = cast(CheckContext, SimpleNamespace(nonce="nonce-1", vary={"connections": 1}, observations={}))
    _look(lab, "first", monkeypatch)
    _look(lab, "second", monkeypatch)
    words.append("nonce-1")
    _look(lab, "third", monkeypatch)
    assert lab.observations["database"] == "second"
