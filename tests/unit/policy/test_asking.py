"""A cluster is asked by kubectl alone, not by its user's preferences, and not for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import programs
from lab_helpers.errors import CommandFailed
from lab_helpers.policy.asking import ask


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in; a test writes what it does."""
    program = tmp_path / "kubectl"
    program.touch(mode=0o755)
    monkeypatch.setattr(programs, "resolve", lambda _report, *_names: {"kubectl": program})
    return program


def test_it_says_which_cluster_and_leaves_preferences_aside(kubectl: Path) -> None:
    kubectl.write_text('#!/bin/sh\necho "$@"; echo "KUBERC=$KUBERC"; cat; exit 3\n')
    answer = ask(["--context", "mine"], "get", "pods", seconds=60, input="asked")
    assert answer.returncode == 3
    assert answer.stdout == "--context mine --request-timeout=60s get pods\nKUBERC=off\nasked"


def test_one_that_does_not_end_is_ended(kubectl: Path) -> None:
    kubectl.write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(CommandFailed, match="killed after"):
        ask([], "get", "pods", seconds=0.1)
