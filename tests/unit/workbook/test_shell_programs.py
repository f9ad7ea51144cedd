"""What a notebook names in `programs` is what its shells find first, and is looked for once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import programs, shell
from lab_helpers.cluster.base import Cluster
from lab_helpers.programs import Programs, ProgramSource
from lab_helpers.workbook.room import shell_programs


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return cast(Cluster, SimpleNamespace(directory=tmp_path / "cluster"))


@pytest.fixture
def resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the programs that were looked for; each answers with its name."""
    names: list[str] = []

    def resolve(_report: object, *requested: str) -> Programs:
        names.extend(requested)
        paths = {name: tmp_path / f"{name}-of-the-cache" for name in requested}
        for name, path in paths.items():
            path.write_text(f"#!/bin/sh\necho {name}\n")
            path.chmod(0o755)
        return Programs(paths, dict.fromkeys(paths, ProgramSource.CACHE))

    monkeypatch.setattr(programs, "resolve", resolve)
    return names


def _link(cluster: Cluster, *names: str) -> Path:
    return shell_programs.link(cluster, lambda _: None, *names)


def test_they_come_first_and_are_looked_for_once(cluster: Cluster, resolved: list[str]) -> None:
    _link(cluster, "kubectl")
    directory = _link(cluster, "helm", "kubectl")
    assert _link(cluster, "helm") == directory == shell_programs.directory(cluster)
    assert resolved == ["kubectl", "helm"]
    assert shell.run(["sh", "-c", "helm"], env={"PATH": f"{directory}:/usr/bin:/bin"}).stdout == "helm\n"


def test_a_program_that_the_cache_lost_is_linked_again(cluster: Cluster, resolved: list[str], tmp_path: Path) -> None:
    directory = _link(cluster, "helm")
    (tmp_path / "helm-of-the-cache").unlink()
    _link(cluster, "helm")
    assert resolved == ["helm", "helm"]
    assert (directory / "helm").exists()


def test_the_lab_of_a_notebook_that_names_none_has_no_directory_for_them(cluster: Cluster, resolved: list[str]) -> None:
    assert not _link(cluster).exists()
    assert resolved == []
