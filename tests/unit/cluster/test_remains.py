from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers.cluster.embedded import cgroups, network, remains


def test_of_a_cluster_whose_keeper_was_killed_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[object] = []
    monkeypatch.setattr(network, "remove_link", removed.append)
    monkeypatch.setattr(cgroups, "beginning", lambda prefix: [f"{prefix}1", f"{prefix}2"])
    monkeypatch.setattr(cgroups, "remove", removed.append)
    directory, record = tmp_path / "cluster", tmp_path / "cluster.json"
    directory.mkdir()
    (directory / "spec.json").write_text("written by another version")
    record.write_text("{}")
    remains.remove("web", directory, record)
    assert len(removed) == 3, "its link, and a cgroup for each node"
    assert not directory.exists()
    assert not record.exists()
