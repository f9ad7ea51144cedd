"""A file is there whole or not at all, and what is made once is named by its content."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lab_helpers import files
from lab_helpers.errors import LabError
from lab_helpers.files import content_key, once, workplace

# A limit on the size of files stands for a disk that fills up in the middle of a write.
TOO_LARGE = """
import pathlib, resource, signal, sys
from lab_helpers import files
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
files.write(pathlib.Path(sys.argv[1]), "x" * 5000)
"""


def test_the_content_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    files.write(path, "old")
    files.write(path, "새것")
    assert path.read_text(encoding="utf-8") == "새것"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    ended = subprocess.run([sys.executable, "-c", TOO_LARGE, str(path)], capture_output=True, text=True, check=False)
    assert "cannot be written: File too large" in ended.stderr
    assert "df -h" in ended.stderr
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    link.symlink_to(real)
    files.write(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_device_is_not_replaced() -> None:
    files.write(Path("/dev/null"), "nothing")
    assert Path("/dev/null").is_char_device()


def test_no_such_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="cannot be written"):
        files.write(tmp_path / "none" / "file", "x")


@pytest.mark.parametrize(("private", "mode"), [(True, 0o600), (False, 0o644)])
def test_what_is_private_is_its_owners_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, private: bool, mode: int
) -> None:
    modes: list[int] = []
    create = files._create

    def look(path: Path, content: bytes, mode: int) -> None:
        create(path, b"", mode)
        modes.append(stat.S_IMODE(path.stat().st_mode))
        path.write_bytes(content)

    monkeypatch.setattr(files, "_create", look)
    previous = os.umask(0o022)
    try:
        files.write(tmp_path / "file", "secret", private=private)
    finally:
        os.umask(previous)
    assert modes == [mode], "before its first byte"
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


def test_a_private_file_does_not_keep_the_rights_of_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("for all")
    files.write(tmp_path / "file", "secret", private=True)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600


def test_a_link_is_replaced_by_another(tmp_path: Path) -> None:
    for target in ("old", "new"):
        files.symlink(tmp_path / "link", Path(target))
    assert (tmp_path / "link").readlink() == Path("new")
    assert list(tmp_path.iterdir()) == [tmp_path / "link"]


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    parts: list[Path] = []

    def make(part: Path) -> None:
        parts.append(part)
        part.write_text("content")

    first = once(tmp_path / "a" / "thing", make)
    second = once(tmp_path / "a" / "thing", make)

    assert first == second == tmp_path / "a" / "thing"
    assert first.read_text() == "content"
    assert len(parts) == 1


def test_a_maker_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(part: Path) -> None:
        part.mkdir()
        (part / "half").write_text("made")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        once(tmp_path / "thing", fail)

    assert [path.name for path in tmp_path.iterdir()] == ["thing.lock"]


def test_what_a_killed_maker_left_is_not_mixed_in(tmp_path: Path) -> None:
    (tmp_path / "thing.part").mkdir()
    (tmp_path / "thing.part" / "half").write_text("made")

    once(tmp_path / "thing", lambda part: part.mkdir())

    assert list((tmp_path / "thing").iterdir()) == []
    assert not (tmp_path / "thing.part").exists()


def test_two_at_once_make_it_once(tmp_path: Path) -> None:
    entered: list[str] = []
    second_entered = threading.Event()

    def make(part: Path) -> None:
        entered.append(threading.current_thread().name)
        if len(entered) > 1:
            second_entered.set()
        # Stay long enough for the other to come in, were it let in.
        second_entered.wait(0.3)
        part.write_text("content")

    threads = [threading.Thread(target=once, args=(tmp_path / "thing", make)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)

    assert len(entered) == 1
    assert (tmp_path / "thing").read_text() == "content"


def test_a_workplace_is_empty_whatever_was_left_there_and_gone_afterwards(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "left").write_text("by a killed process")

    with workplace(tmp_path / "work") as directory:
        assert list(directory.iterdir()) == []
        (directory / "file").write_text("x")

    assert not (tmp_path / "work").exists()


def test_a_key_names_the_content_of_files_and_not_their_place(tmp_path: Path) -> None:
    first, other = tmp_path / "one", tmp_path / "other"
    first.write_text("same")
    other.write_text("same")

    assert content_key(first) == content_key(other)
    other.write_text("different")
    assert content_key(first) != content_key(other)


def test_a_key_keeps_its_parts_apart() -> None:
    assert content_key("ab", "c") != content_key("a", "bc")
    assert content_key("a") != content_key("a", "")
