"""A lab of two steps in a directory of its own, and a home for its workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers.workbook import steps
from lab_helpers.workbook.steps import Outline

_LAB = """
title = "A lab"
minutes = 10
sections = ["1.3"]
namespaces = ["n"]
template = ["infra"]

[[step]]
id = "9.1"
title = "First"
minutes = 4
worked = true
sections = ["1.3"]
hints = ["look", "look closer"]

[step.prediction]
question = "Which is left?"
right = "both"
replies = { both = "Neither went.", neither = "Only the pod is new." }

[[step]]
id = "9.2"
title = "Second"
minutes = 5
worked = false
watched = true
sections = []
hints = []
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for variable in ("LAB_EVENTS", "LAB_NOTEBOOK", "LAB_SECRETS_FILE", "LAB_ROOM", "LAB_WITHHOLD"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path / "state"


@pytest.fixture
def outline(tmp_path: Path) -> Outline:
    directory = tmp_path / "lab_09_toy"
    (directory / "starter").mkdir(parents=True)
    (directory / "starter" / "task.txt").write_text("begin\n")
    (directory / "lab.toml").write_text(_LAB)
    return steps.load("09_toy", directory)
