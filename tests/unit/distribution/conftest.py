"""What the tests of a bundle begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.distribution.bundles import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch)
