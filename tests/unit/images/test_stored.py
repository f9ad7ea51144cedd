"""The cache: whole or not at all, made once, named by content."""

import threading
from pathlib import Path

import pytest

from lab_helpers.images.stored import content_key, once, workplace


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
        thread.join(10)

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
