"""Entries of the cache: named alike wherever it lies, and noted where they are used."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import cache, paths
from lab_helpers.files import once
from lab_helpers.programs import programs, store


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_an_entry_has_one_name_in_every_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = []
    for home in ("a", "b"):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / home))
        names.append(cache.name(paths.cache_directory() / "images" / "system-1"))
    assert names == ["images/system-1"] * 2
    assert cache.name(Path("/usr/bin/kubectl")) == "/usr/bin/kubectl"


def test_what_is_used_is_noted_made_before_or_not_and_nothing_else(tmp_path: Path) -> None:
    root = paths.cache_directory()
    once(root / "debian" / "old", Path.mkdir)
    once(root / "debian" / "unused", Path.mkdir)
    program = store.root() / "build-1" / "kubectl"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    with cache.noting() as noted:
        once(root / "debian" / "old", Path.mkdir)
        once(root / "images" / "new", Path.mkdir)
        once(tmp_path / "elsewhere", Path.mkdir)
        assert store.find("build-1", "kubectl") == program
        assert store.find("build-1", "missing") is None
    once(root / "images" / "later", Path.mkdir)
    assert noted == {root / "debian" / "old", root / "images" / "new", program}


def test_programs_on_path_do_not_count_for_another_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kubectl = next(program for program in programs.select(["kubectl"]))
    (tmp_path / "kubectl").write_text(f"#!/bin/sh\necho gitVersion: v{kubectl.module.version}\n")
    (tmp_path / "kubectl").chmod(0o755)
    monkeypatch.setattr(programs, "_PATIENCE", 300)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert programs.on_path([kubectl]) == {"kubectl": tmp_path / "kubectl"}
    with cache.noting():
        assert programs.on_path([kubectl]) == {}
