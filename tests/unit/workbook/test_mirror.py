"""A directory is made what a copy of it was, while somebody may be in it, and nothing else is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab_helpers.workbook.learner.mirror import copy, differ, mirror


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    (root / "app/web").mkdir(parents=True)
    (root / "app/web/server.py").write_text("one")
    (root / "app/-n odd name").write_text("two")
    (root / "app/link").symlink_to("web/server.py")
    (root / "app/to-directory").symlink_to("web")
    (root / "kept").mkdir()
    (root / "kept/old").write_text("kept")
    return root


def test_what_was_changed_made_and_removed_is_as_it_was(workspace: Path, tmp_path: Path) -> None:
    copy(workspace, tmp_path / "copy", without=["kept"])
    assert not (tmp_path / "copy/kept").exists()
    assert not differ(workspace, tmp_path / "copy", without=["kept"])
    inode = (workspace / "app").stat().st_ino

    (workspace / "app/web/server.py").write_text("eno")  # of the same length
    (workspace / "app/-n odd name").unlink()
    (workspace / "app/-n odd name").mkdir()
    (workspace / "app/-n odd name/x").touch()
    (workspace / "app/link").unlink()
    (workspace / "app/to-directory").unlink()
    (workspace / "app/to-directory").mkdir()
    (workspace / "app/new").mkdir()
    (workspace / "kept/new").touch()
    assert differ(workspace, tmp_path / "copy", without=["kept"])

    mirror(tmp_path / "copy", workspace, without=["kept"])
    assert not differ(workspace, tmp_path / "copy", without=["kept"])
    assert (workspace / "app/web/server.py").read_text() == "one"
    assert (workspace / "app/-n odd name").read_text() == "two"
    assert (workspace / "app/to-directory").readlink() == Path("web")
    assert not (workspace / "app/new").exists()
    assert sorted(path.name for path in (workspace / "kept").iterdir()) == ["new", "old"]
    assert (workspace / "app").stat().st_ino == inode, "a terminal may be in it"


def test_a_mode_alone_is_a_difference(workspace: Path, tmp_path: Path) -> None:
    copy(workspace, tmp_path / "copy")
    (workspace / "app/web/server.py").chmod(0o755)
    assert differ(workspace, tmp_path / "copy")
    mirror(tmp_path / "copy", workspace)
    assert not differ(workspace, tmp_path / "copy")


def test_a_pipe_is_in_nobodys_way(workspace: Path, tmp_path: Path) -> None:
    os.mkfifo(workspace / "app/pipe")
    copy(workspace, tmp_path / "copy")
    (workspace / "app/pipe").unlink()
    assert not differ(workspace, tmp_path / "copy")
    mirror(tmp_path / "copy", workspace)


def test_a_workspace_that_is_not_there_is_an_empty_one(tmp_path: Path) -> None:
    copy(tmp_path / "none", tmp_path / "copy")
    mirror(tmp_path / "copy", tmp_path / "made")
    assert list((tmp_path / "made").iterdir()) == []
