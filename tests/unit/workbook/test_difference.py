from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lab_helpers.workbook.learner.difference import Change, change


def _paste(commands: str, directory: Path) -> str:
    """What a shell says that these commands were pasted into."""
    done = subprocess.run(["bash", "-e"], input=commands, cwd=directory, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def _files(directory: Path) -> dict[str, tuple[bytes, bool]]:
    files = (path for path in directory.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(directory)): (path.read_bytes(), os.access(path, os.X_OK)) for path in files}


@pytest.fixture
def right(tmp_path: Path) -> Path:
    """What the files should be, whatever kind they are of."""
    directory = tmp_path / "right"
    (directory / "infra" / "a b").mkdir(parents=True)
    (directory / "infra" / "web.yaml").write_text("replicas: 2\nEND\ngrace: 20\n")
    (directory / "infra" / "a b" / "한글.txt").write_text("it's `here`: $HOME\n")
    (directory / "infra" / "run.sh").write_text("#!/bin/sh\n")
    (directory / "infra" / "run.sh").chmod(0o755)
    (directory / "infra" / "logo.png").write_bytes(bytes(range(256)))
    (directory / "infra" / "empty").touch()
    (directory / "task.txt").write_text("no newline at the end")
    return directory


def _nothing(_mine: Path) -> None: ...


def _edited(mine: Path) -> None:
    (mine / "infra").mkdir(parents=True)
    (mine / "infra" / "web.yaml").write_text("replicas: 3\n\tgrace: 20")
    (mine / "infra" / "run.sh").write_text("#!/bin/sh\n")
    (mine / "task.txt").write_text("begin\n")


def _of_another_kind(mine: Path) -> None:
    (mine / "infra" / "web.yaml").mkdir(parents=True)
    (mine / "infra" / "a b").write_text("a file where a directory belongs")
    (mine / "infra" / "run.sh").symlink_to("/etc/hostname")
    (mine / "infra" / "logo.png").write_bytes(b"\0another")
    (mine / "infra" / "empty").write_bytes("한글".encode("cp949"))
    (mine / "task.txt").write_text("written\r\non another system\r\n")


@pytest.mark.parametrize("begin", [_nothing, _edited, _of_another_kind])
def test_what_is_pasted_makes_the_files_what_they_should_be(
    begin: Callable[[Path], None], right: Path, tmp_path: Path
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    begin(mine)
    names = sorted(map(Path, _files(right)))
    commands = change(mine, right, names).commands
    assert all(letter.isprintable() or letter in "\n\t" for letter in commands), "a terminal would take it for a key"
    assert _paste(commands, mine) == ""
    files = _files(mine)
    assert {name: files[name] for name in _files(right)} == _files(right)
    assert change(mine, right, names) == Change()


def test_what_goes_aside_is_not_lost(right: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    _of_another_kind(mine)
    _paste(change(mine, right, map(Path, sorted(_files(right)))).commands, mine)
    assert (mine / "task.txt.mine").read_bytes() == b"written\r\non another system\r\n"
    assert (mine / "infra/a b.mine").read_text() == "a file where a directory belongs"


def test_a_repository_around_the_files_is_no_reason_to_leave_them_out(right: Path, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    mine = tmp_path / "mine"
    _edited(mine)
    subprocess.run(["git", "init", "--quiet", mine / "infra"], check=True)
    _paste(change(mine, right, [Path("infra/web.yaml")]).commands, mine)
    assert (mine / "infra/web.yaml").read_text() == (right / "infra/web.yaml").read_text()


def test_what_git_was_told_to_do_with_differences_is_not_done_here(
    right: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text("[diff]\n noprefix = true\n external = false\n[color]\n ui = always\n")
    mine = tmp_path / "mine"
    _edited(mine)
    assert change(mine, right, [Path("task.txt")]).diff.splitlines()[2:4] == ["--- a/task.txt", "+++ b/task.txt"]


def test_what_is_deleted_is_to_go(tmp_path: Path) -> None:
    for side in ("mine", "right"):
        (tmp_path / side).mkdir()
    (tmp_path / "mine" / "old.yaml").write_text("kind: Pod\n")
    _paste(change(tmp_path / "mine", tmp_path / "right", [Path("old.yaml"), Path("none")]).commands, tmp_path / "mine")
    assert _files(tmp_path / "mine") == {}


def test_it_shows_each_sign_and_marks_the_line() -> None:
    shown = Change("--- a/<x>\n+++ b/<x>\n@@ -1 +1 @@\n-<old>\n+<new>\n", (Path("a&b"),))
    root = ElementTree.fromstring(f"<pre>{shown.page_form()}</pre>")
    assert "".join(root.itertext()) == shown.commands
    assert ([line.text for line in root.iter("del")], [line.text for line in root.iter("ins")]) == (
        ["-<old>"],
        ["+<new>"],
    )
