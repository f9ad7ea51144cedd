"""Checkpoints as files: whole or not at all, by name, and what of them is linked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_helpers.cluster import at_hand, choose, record
from lab_helpers.cluster.base import Report
from lab_helpers.cluster.checkpoints import Checkpoints, check_name
from lab_helpers.cluster.embedded import copies
from lab_helpers.errors import LabError


class _Files(Checkpoints):
    """Keeps the content of one file."""

    def __init__(self, directory: Path) -> None:
        super().__init__("mine", directory / "checkpoints", directory / "nodes")
        self.file = directory / "state"
        self.fails = False

    def _save(self, name: str) -> int:
        if self.fails:
            raise LabError("no room")
        return (self._directory / f".{name}" / "state").write_bytes(self.file.read_bytes())

    def _restore(self, name: str, report: Report, meanwhile: Callable[[], None]) -> None:
        report(name)
        self.file.write_bytes((self.place(name) / "state").read_bytes())
        meanwhile()

    def _discard(self, name: str) -> None:
        part = self._directory / f".{name}"
        for file in part.rglob("*") if part.exists() else ():
            file.unlink()
        if part.exists():
            part.rmdir()


@pytest.fixture
def checkpoints(tmp_path: Path) -> _Files:
    (tmp_path / "state").write_text("before")
    return _Files(tmp_path)


def _touch(directory: Path) -> None:
    directory.touch()


def test_a_checkpoint_is_listed_restored_and_removed(checkpoints: _Files) -> None:
    saved = checkpoints.save("b", ["a/web"], _touch)
    checkpoints.save("A.1_x", [], _touch)
    assert [each.name for each in checkpoints.list()] == ["b", "A.1_x"], "the oldest first"
    assert checkpoints.get("b") == saved
    assert saved.ready == ("a/web",)
    checkpoints.file.write_text("after")
    added: list[Path] = []
    checkpoints.restore("b", lambda _line: None, added.append)
    assert checkpoints.file.read_text() == "before"
    assert added == [checkpoints.place("b") / "learner"]
    checkpoints.remove("b")
    assert [each.name for each in checkpoints.list()] == ["A.1_x"]
    with pytest.raises(LabError, match="none of that name"):
        checkpoints.remove("b")


def test_one_that_fails_leaves_nothing_and_one_that_is_there_stays(checkpoints: _Files) -> None:
    checkpoints.fails = True
    with pytest.raises(LabError, match="no room"):
        checkpoints.save("a", [], _touch)
    assert list((checkpoints.place("a")).parent.iterdir()) == []
    checkpoints.fails = False
    checkpoints.save("a", [], _touch)
    with pytest.raises(LabError, match="is there already") as error:
        checkpoints.save("a", [], _touch)
    assert error.value.next_step == "lab checkpoint remove a --name mine"


def test_what_a_killed_save_left_is_no_checkpoint_and_in_nobodys_way(checkpoints: _Files) -> None:
    part = checkpoints.place(".a")
    part.mkdir(parents=True)
    (part / "checkpoint.json").write_text("{}")
    assert checkpoints.list() == []
    checkpoints.save("a", [], _touch)
    assert not part.exists()


def test_what_a_killed_save_left_can_be_removed(checkpoints: _Files) -> None:
    part = checkpoints.place(".a")
    part.mkdir(parents=True)
    (part / "state").write_text("half of it")
    checkpoints.remove("a")
    assert not part.exists()
    with pytest.raises(LabError, match="none of that name"):
        checkpoints.remove("a")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"name": 1, "more": 2}'])
def test_a_broken_one_is_named_and_can_be_removed(checkpoints: _Files, content: str) -> None:
    checkpoints.save("a", [], _touch)
    (checkpoints.place("a") / "checkpoint.json").write_text(content)
    for verb in (checkpoints.list, lambda: checkpoints.restore("a", lambda _line: None, _touch)):
        with pytest.raises(LabError, match="checkpoint a: cannot be read") as error:
            verb()
        assert error.value.next_step == "lab checkpoint remove a --name mine"
    assert checkpoints.file.read_text() == "before"
    checkpoints.remove("a")


def test_one_of_another_version_is_not_gone_back_to(checkpoints: _Files) -> None:
    checkpoints.save("a", [], _touch)
    file = checkpoints.place("a") / "checkpoint.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"form": 2}))
    with pytest.raises(LabError, match="of another version of the lab"):
        checkpoints.restore("a", lambda _line: None, _touch)


@pytest.mark.parametrize("name", ["", ".", "..", "../b", "a/b", "a b", "-a", ".a", "ä", "a" * 41, "a\n"])
def test_no_name_leads_elsewhere(name: str) -> None:
    with pytest.raises(LabError, match="a checkpoint's name is"):
        check_name(name)


def test_images_are_linked_and_what_is_rewritten_in_place_is_not(tmp_path: Path) -> None:
    blob = tmp_path / "storage/blobs/sha256/ab/abcd/data"
    tag = tmp_path / "storage/repositories/org/tiny/_manifests/tags/v1/current/link"
    half = tmp_path / "storage/repositories/org/tiny/_uploads/1/data"
    for file in (blob, tag, half):
        file.parent.mkdir(parents=True)
        file.write_text("first")
    copies.copy_images(tmp_path / "storage", tmp_path / "copy")
    tag.write_text("other")
    copied = {path.relative_to(tmp_path / "copy").name: path for path in (tmp_path / "copy").rglob("*")}
    assert copied["data"].samefile(blob)
    assert copied["link"].read_text() == "first"
    assert "_uploads" not in copied
    assert copies.own_bytes(tmp_path / "copy/blobs/sha256/ab/abcd") == 0


def test_preallocated_space_is_not_copied(tmp_path: Path) -> None:
    log = tmp_path / "etcd/0.wal"
    log.parent.mkdir()
    log.write_bytes(b"row" + bytes(8 << 20))
    copies.copy(log.parent, tmp_path / "copy")
    assert (tmp_path / "copy/0.wal").read_bytes() == log.read_bytes()
    assert copies.own_bytes(tmp_path / "copy") < 1 << 20


def test_a_lab_partly_back_says_so_until_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    details: dict[str, object] = {"directory": str(tmp_path), "network": 0}
    record.save(record.ClusterRecord("mine", "embedded", 0.0, "v1", details))
    cluster = object()
    maker = type("Maker", (), {"attach": lambda _self, _name: cluster})()
    monkeypatch.setattr(choose, "maker_of", lambda _name: maker)
    assert at_hand.attached("mine") is cluster
    record.change("mine", restoring="lab checkpoint restore lunch --name mine")
    assert at_hand.running("mine") is cluster
    with pytest.raises(LabError, match="only partly back at a checkpoint") as error:
        at_hand.attached("mine")
    assert error.value.next_step == "lab checkpoint restore lunch --name mine"


def test_a_record_of_before_checkpoints_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    details: dict[str, object] = {"directory": str(tmp_path), "network": 0}
    file = record.save(record.ClusterRecord("mine", "embedded", 0.0, "v1", details))
    content = json.loads(file.read_text())
    del content["restoring"]
    file.write_text(json.dumps(content))
    entry = record.load("mine")
    assert entry is not None
    assert entry.restoring == ""
