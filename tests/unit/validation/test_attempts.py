from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab_helpers import CheckFailed
from lab_helpers.validation import attempts
from lab_helpers.validation.attempts import Attempt, Bench

_A_READER_WAITS_SECONDS = 2.0


def test_an_attempt_gives_the_cluster_longer_than_a_page_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    outline: Any = SimpleNamespace(notebook="09_sample", namespaces=[])
    health = SimpleNamespace(answer_seconds=_A_READER_WAITS_SECONDS)

    def check(_step: str) -> None:
        assert health.answer_seconds > _A_READER_WAITS_SECONDS
        raise CheckFailed("a Deployment", seen="none", hint="Apply it.")

    lab: Any = SimpleNamespace(outline=outline, health=health, workspace=tmp_path, check=check, close=lambda: None)
    monkeypatch.setattr(attempts, "open_lab", lambda *_arguments, **_options: lab)
    monkeypatch.setattr(attempts, "reset", lambda *_arguments: None)
    cluster: Any = SimpleNamespace(name="lab")
    step: Any = SimpleNamespace(id="9.1", is_watched=False)
    bench = Bench(cluster)
    bench.make(Attempt(SimpleNamespace(outline=outline), step))  # type: ignore[arg-type]
    bench.close()
