"""What a wrong answer did to a workspace is undone to the byte, and what it left alone is left alone."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_helpers.validation.snapshot import Snapshot


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "workspace"
    (directory / "infra" / "k8s").mkdir(parents=True)
    (directory / "empty").mkdir()
    (directory / "infra" / "k8s" / "web.yaml").write_text("replicas: 2\n")
    (directory / "script.sh").write_text("true\n")
    (directory / "script.sh").chmod(0o755)
    (directory / "link").symlink_to("infra/k8s")
    (directory / "dangling").symlink_to("nowhere")
    return directory


def _content(root: Path) -> dict[str, tuple[int, str]]:
    content = {}
    for parent, directories, files in os.walk(root):
        for path in (Path(parent, name) for name in (*directories, *files)):
            mode = path.lstat().st_mode
            text = str(path.readlink()) if path.is_symlink() else "" if path.is_dir() else path.read_text()
            content[str(path.relative_to(root))] = (mode, text)
    return content


def _same_size_and_time(directory: Path) -> None:
    file = directory / "infra" / "k8s" / "web.yaml"
    before = file.stat()
    file.write_text("replicas: 3\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _file_for_directory(directory: Path) -> None:
    shutil.rmtree(directory / "infra")
    (directory / "infra").write_text("gone\n")


def _directory_for_file(directory: Path) -> None:
    (directory / "script.sh").unlink()
    (directory / "script.sh" / "below").mkdir(parents=True)


def _through_a_link(directory: Path) -> None:
    (directory / "link").unlink()
    (directory / "link").mkdir()
    (directory / "link" / "new.yaml").write_text("new\n")


def _modes(directory: Path) -> None:
    (directory / "infra").chmod(0o700)
    (directory / "script.sh").chmod(0o644)


CHANGES: list[Callable[[Path], object]] = [
    _same_size_and_time,
    _file_for_directory,
    _directory_for_file,
    _through_a_link,
    _modes,
    lambda directory: (directory / "empty").rmdir(),
    lambda directory: (directory / "new").mkdir(),
    lambda directory: (directory / "dangling").unlink(),
    lambda directory: (directory / "script.sh").rename(directory / "infra" / "script.sh"),
    lambda directory: shutil.rmtree(directory / "infra"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_it_is_given_back_as_it_was_each_time(
    change: Callable[[Path], object], directory: Path, tmp_path: Path
) -> None:
    snapshot, before, itself = Snapshot(directory, tmp_path / "copy"), _content(directory), directory.stat().st_ino
    for _attempt in range(2):
        snapshot.take()
        change(directory)
        assert _content(directory) != before
        snapshot.give_back()
        assert _content(directory) == before
        assert directory.stat().st_ino == itself, "commands run there"


@pytest.mark.parametrize("change", CHANGES)
def test_a_later_one_is_what_is_there_then(change: Callable[[Path], object], directory: Path, tmp_path: Path) -> None:
    snapshot = Snapshot(directory, tmp_path / "copy")
    snapshot.take()
    change(directory)
    after = _content(directory)
    snapshot.take()
    shutil.rmtree(directory)
    directory.mkdir()
    snapshot.give_back()
    assert _content(directory) == after


def test_what_did_not_change_is_not_copied(directory: Path, tmp_path: Path) -> None:
    snapshot = Snapshot(directory, tmp_path / "copy")
    snapshot.take()
    same, other = directory / "script.sh", directory / "infra" / "k8s" / "web.yaml"
    before = same.stat()
    other.write_text("replicas: 0\n")
    snapshot.give_back()
    assert same.stat() == before
    assert stat.S_ISREG(other.stat().st_mode)
