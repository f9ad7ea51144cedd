"""The pseudo-language where a user would add a language, and no word from this machine about which to speak."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import pseudo


@pytest.fixture(autouse=True)
def _no_locale(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("LAB_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


@pytest.fixture(scope="session")
def _pseudo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("share")
    pseudo.write_catalogues(home)
    return home


@pytest.fixture
def pseudo_language(_pseudo_home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A third language: its catalogues lie where users put theirs, and that is all that was done for it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(_pseudo_home))
    return pseudo.PSEUDO
