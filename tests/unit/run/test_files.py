"""A file is written whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lab_helpers.errors import LabError
from lab_helpers.files import write_atomically

# A limit on the size of files stands for a disk that fills up in the middle of a write.
TOO_LARGE = """
import pathlib, resource, signal, sys
from lab_helpers.files import write_atomically
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
write_atomically(pathlib.Path(sys.argv[1]), "x" * 5000)
"""


def test_the_content_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, "old")
    write_atomically(path, "새것")
    assert path.read_text(encoding="utf-8") == "새것"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    ended = subprocess.run([sys.executable, "-c", TOO_LARGE, str(path)], capture_output=True, text=True, check=False)
    assert "cannot write: File too large" in ended.stderr
    assert "df -h" in ended.stderr
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    link.symlink_to(real)
    write_atomically(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_device_is_not_replaced() -> None:
    write_atomically(Path("/dev/null"), "nothing")
    assert Path("/dev/null").is_char_device()


def test_no_such_directory_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="cannot write"):
        write_atomically(tmp_path / "none" / "file", "x")
