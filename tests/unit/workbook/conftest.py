"""A lab of two steps in a directory of its own, and a home for its workspace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lab_helpers import checkout
from lab_helpers.cluster import choose
from lab_helpers.cluster.base import State
from lab_helpers.cluster.loss import ClusterLost
from lab_helpers.kube.client import Client
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.outlines import Outline

_LAB = """
title = "A lab"
minutes = 10
sections = ["1.3"]
namespaces = ["n"]
infra = true

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
sections = []
hints = []
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for variable in ("LAB_EVENTS", "LAB_NOTEBOOK", "LAB_SECRETS_FILE", "LAB_ROOM", "LAB_WITHHOLD"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path / "state"


class FakeMaker:
    """Made the cluster of any name, and knows what has become of it."""

    def __init__(self) -> None:
        self.current = State.RUNNING
        self.lost: ClusterLost | None = None

    def state(self, _name: str) -> State:
        return self.current

    def loss(self, _name: str) -> ClusterLost | None:
        return self.lost


@pytest.fixture(autouse=True)
def maker(monkeypatch: pytest.MonkeyPatch) -> FakeMaker:
    """Every cluster runs and answers, until a test says otherwise."""
    fake = FakeMaker()
    monkeypatch.setattr(choose, "maker_of", lambda _: fake)
    monkeypatch.setattr(Client, "server_version", lambda _: "v1.37.1")
    return fake


@pytest.fixture
def outline(tmp_path: Path) -> Outline:
    directory = tmp_path / "lab_09_toy"
    (directory / "starter").mkdir(parents=True)
    (directory / "starter" / "task.txt").write_text("begin\n")
    (directory / "lab.toml").write_text(_LAB)
    toy = outlines.load("09_toy", directory)
    first, second = toy.steps
    return replace(toy, steps=(first, replace(second, is_watched=True)))


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A template with a manifest, a script, somebody's secret values and what tools left behind."""
    source = tmp_path / "source"
    files = {
        "infra/k8s/web.yaml": "kind: Deployment\n",
        "infra/k8s/secrets/web.env": "API_KEY=somebody's\n",
        "infra/k8s/base/web.env.example": "API_KEY=\n",
        "infra/node_modules/left/over.js": "",
        "infra/run.sh": "#!/bin/sh\n",
    }
    for name, text in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text)
    (source / "infra/run.sh").chmod(0o755)
    monkeypatch.setattr(checkout, "source_directory", lambda: source)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return source
