"""What a machine needs offline: what a lab uses of a cache that has everything, not what that was made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import paths
from lab_helpers.distribution import contents
from lab_helpers.files import once


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_what_an_entry_was_made_of_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    root = paths.cache_directory()

    def make_image(part: Path) -> None:
        once(root / "debian" / "ingredient", Path.mkdir)
        part.mkdir()

    monkeypatch.setattr(contents, "prepare", lambda _report: once(root / "images" / "image", make_image))
    once(root / "images" / "old", Path.mkdir)
    for _time in range(2):  # with a cold cache and with a warm one
        assert contents.entries(lambda _line: None) == [Path("images/image")]
    assert (root / "debian" / "ingredient").exists()
