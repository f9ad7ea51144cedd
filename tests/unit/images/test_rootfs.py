"""Root file systems: root's, the same each time, without manuals but with licences."""

import io
import tarfile
from pathlib import Path

from lab_helpers.images import rootfs


def _written(tree: Path, *, only: tuple[str, ...] = ("",)) -> bytes:
    file = io.BytesIO()
    with rootfs.writing(file) as root:
        root.add_tree(tree, only=only)
    return file.getvalue()


def _members(content: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {entry.name: entry for entry in tar.getmembers()}


def _tree(directory: Path) -> Path:
    (directory / "usr/bin").mkdir(parents=True)
    (directory / "usr/bin/tool").write_text("tool")
    (directory / "usr/bin/tool").chmod(0o755)
    (directory / "usr/bin/link").symlink_to("tool")
    (directory / "usr/share/man/man1").mkdir(parents=True)
    (directory / "usr/share/man/man1/tool.1").write_text("manual")
    (directory / "usr/share/doc/tool").mkdir(parents=True)
    (directory / "usr/share/doc/tool/copyright").write_text("licence")
    (directory / "usr/share/doc/tool/changelog").write_text("long")
    return directory


def test_files_keep_their_mode_and_belong_to_root(tmp_path: Path) -> None:
    members = _members(_written(_tree(tmp_path)))

    assert members["usr/bin/tool"].mode == 0o755
    assert {(entry.uid, entry.gid) for entry in members.values()} == {(0, 0)}
    assert members["usr/bin/link"].linkname == "tool"


def test_manuals_are_left_out_and_licences_are_not(tmp_path: Path) -> None:
    names = set(_members(_written(_tree(tmp_path))))

    assert "usr/share/doc/tool/copyright" in names
    assert not names & {"usr/share/man/man1/tool.1", "usr/share/doc/tool/changelog"}


def test_a_part_of_a_tree_can_be_picked(tmp_path: Path) -> None:
    assert set(_members(_written(_tree(tmp_path), only=("usr/bin/tool",)))) == {"usr/bin/tool"}


def test_what_is_not_needed_is_left_out_with_all_below_it(tmp_path: Path) -> None:
    file = io.BytesIO()
    with rootfs.writing(file) as root:
        root.add_tree(_tree(tmp_path), without=("usr/s*e", "usr/bin/link"))
    assert set(_members(file.getvalue())) == {"usr", "usr/bin", "usr/bin/tool"}


def test_the_same_tree_gives_the_same_bytes_wherever_and_whenever_it_lies(tmp_path: Path) -> None:
    assert _written(_tree(tmp_path / "one")) == _written(_tree(tmp_path / "other"))


def test_each_applet_is_a_link_to_busybox(tmp_path: Path) -> None:
    busybox = tmp_path / "busybox"
    busybox.write_text("#!/bin/sh\nprintf 'busybox\\nls\\nsh\\n'\n")
    busybox.chmod(0o755)
    file = io.BytesIO()
    with rootfs.writing(file) as root:
        root.add_applets(busybox)

    members = _members(file.getvalue())
    assert {name: entry.linkname for name, entry in members.items()} == {
        "bin/ls": "/bin/busybox",
        "bin/sh": "/bin/busybox",
    }
