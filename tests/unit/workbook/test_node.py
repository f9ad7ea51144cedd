"""A lab's shells find the Node.js that the lab builds on, and npm has the template's packages at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab_helpers import checkout, shell
from lab_helpers.images import node_packages
from lab_helpers.workbook.room import node


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The caches that lock files were fetched into, one after the other."""
    caches: list[Path] = []

    def fetch(lock: Path, *, development: bool = False) -> Path:
        assert development, "tests and linters need more than an image does"
        caches.append(lock)
        (tmp_path / "cache/_cacache").mkdir(parents=True, exist_ok=True)
        (tmp_path / "cache/_cacache" / lock.parent.name).write_text("packages")
        return tmp_path / "cache"

    monkeypatch.setattr(node_packages, "fetch", fetch)
    return caches


@pytest.fixture
def variables(tmp_path: Path, caches: list[Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The variables of a shell that has another node on its PATH."""
    (tmp_path / "machine").mkdir()
    (tmp_path / "machine/node").write_text("#!/bin/sh\necho v20.20.2\n")
    (tmp_path / "machine/node").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([f"{tmp_path}/bin", f"{tmp_path}/machine", os.environ["PATH"]]))
    variables = node.prepare(tmp_path / "bin", tmp_path / "building")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    yield variables
    assert caches == [checkout.app_directory() / "prj_02/package-lock.json"]


def test_it_comes_before_the_machines_own(variables: dict[str, str]) -> None:
    assert int(shell.run(["node", "--version"]).stdout.strip().removeprefix("v").partition(".")[0]) >= 24
    versions = shell.run(["npm", "version"]).stdout
    assert f"node: '{shell.run(['node', '--version']).stdout.strip()[1:]}'" in versions


def test_npm_has_a_cache_of_its_own_to_write_to(variables: dict[str, str], tmp_path: Path) -> None:
    cache = Path(variables["npm_config_cache"])
    assert (cache / "_cacache/prj_02").read_text() == "packages"
    assert cache.is_relative_to(tmp_path / "building")
    assert shell.run(["npm", "config", "get", "cache"]).stdout.strip() == str(cache)
    assert shell.run(["npm", "config", "get", "prefer-offline"]).stdout.strip() == "true"


def test_made_once_it_stays(variables: dict[str, str], tmp_path: Path, caches: list[Path]) -> None:
    (Path(variables["npm_config_cache"]) / "_cacache/more").write_text("of the learner's")
    assert node.prepare(tmp_path / "bin", tmp_path / "building") == variables
    assert (Path(variables["npm_config_cache"]) / "_cacache/more").exists()
    assert len(caches) == 1
