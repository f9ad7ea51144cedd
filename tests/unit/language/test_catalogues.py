"""Catalogues follow what is written, and keep what translators did."""

from __future__ import annotations

from pathlib import Path

import pytest
from polib import POEntry, POFile

from lab_helpers.translation.catalogues import (
    contradictions,
    file_of,
    project_files,
    project_languages,
    read,
    update,
    write,
)
from lab_helpers.translation.messages import Message, collect
from lab_helpers.translation.review import faults

from .pseudo import catalogue

_MESSAGES = collect()
each = pytest.mark.parametrize(
    ("language", "domain"), [(language, domain) for language in project_languages() for domain in _MESSAGES]
)


def _only(catalogue: POFile) -> POEntry:
    (entry,) = catalogue
    return entry


def test_korean_is_kept() -> None:
    assert "ko" in project_languages()


@pytest.mark.parametrize("language", project_languages())
def test_every_catalogue_is_of_a_domain_and_every_domain_has_one(language: str) -> None:
    assert set(project_files(language)) == {file_of(domain, language) for domain in _MESSAGES}


@each
def test_it_is_as_make_translations_would_write_it(language: str, domain: str) -> None:
    file = file_of(domain, language)
    updated = update(read(file, language), _MESSAGES[domain])
    assert str(updated) == file.read_text(encoding="utf-8"), "English was changed: make translations, then translate"


@each
def test_nothing_in_it_is_missing_stale_or_wrong(language: str, domain: str) -> None:
    entries = read(file_of(domain, language), language)
    assert [f"{entry.msgctxt or entry.msgid}: {fault}" for entry in entries for fault in faults(entry)] == []


@pytest.mark.parametrize("language", project_languages())
def test_no_message_is_translated_in_two_ways(language: str) -> None:
    assert contradictions([read(file, language) for file in project_files(language)]) == []


def test_a_message_in_two_domains_that_disagree_is_a_contradiction() -> None:
    three, five = (catalogue(POEntry(msgid="none", msgstr=translation)) for translation in ("없음", "아무것도 없음"))
    assert contradictions([three, three]) == []
    assert contradictions([three, five]) == ["none"]


def test_a_message_that_moved_to_another_domain_takes_its_translation_along() -> None:
    messages = catalogue(POEntry(msgid="ready", msgstr="다 됐습니다"), POEntry(msgid="done", msgstr="끝났습니다"))
    own = catalogue(POEntry(msgid="done", msgstr="했습니다"))
    updated = update(own, [Message("ready"), Message("done")], [messages, own])
    assert [(entry.msgstr, entry.flags) for entry in updated] == [("다 됐습니다", []), ("했습니다", [])]


def test_a_message_that_stays_keeps_all_that_was_done_for_it() -> None:
    old = catalogue(POEntry(msgid="ready", msgstr="다 됐습니다", tcomment="at the end"))
    entry = _only(update(old, [Message("ready", files=["a.py"])]))
    assert (entry.msgstr, entry.tcomment, entry.occurrences, entry.flags) == (
        "다 됐습니다",
        "at the end",
        [("a.py", "")],
        [],
    )


def test_a_message_that_changed_keeps_its_translation_as_a_start() -> None:
    old = catalogue(POEntry(msgid="the cluster is ready", msgstr="클러스터 준비 완료"))
    new = update(old, [Message("the cluster is ready now")])
    entry = _only(new)
    assert (entry.fuzzy, entry.msgstr, entry.previous_msgid) == (True, "클러스터 준비 완료", "the cluster is ready")
    assert update(new, [Message("the cluster is ready now")]) == new


def test_a_cell_that_changed_much_is_still_the_same_cell() -> None:
    old = catalogue(
        POEntry(msgid="# A", msgstr="# 가", msgctxt="01#a"), POEntry(msgid="# B", msgstr="# 나", msgctxt="01#b")
    )
    new = update(old, [Message("another text", context="01#a"), Message("# B", context="01#b")])
    assert [(entry.msgctxt, entry.msgstr, entry.fuzzy) for entry in new] == [
        ("01#a", "# 가", True),
        ("01#b", "# 나", False),
    ]


def test_a_message_that_was_changed_back_is_translated_again() -> None:
    old = catalogue(POEntry(msgid="# A", msgstr="# 가", msgctxt="01#a"))
    changed = update(old, [Message("# A!", context="01#a")])
    back = _only(update(changed, [Message("# A", context="01#a")]))
    assert (back.msgstr, back.fuzzy, back.previous_msgid) == ("# 가", False, None)


def test_what_is_no_longer_said_is_dropped_and_what_is_new_is_empty() -> None:
    old = catalogue(POEntry(msgid="apples", msgstr="사과"))
    entry = _only(update(old, [Message("{count} of {all} requests failed")]))
    assert (entry.msgid, entry.msgstr, entry.flags) == ("{count} of {all} requests failed", "", ["python-brace-format"])


def test_a_language_has_as_many_plurals_as_it_says(tmp_path: Path) -> None:
    old = catalogue()
    old.metadata["Plural-Forms"] = "nplurals=1; plural=0;"
    assert _only(update(old, [Message("{n} pod", "{n} pods")])).msgstr_plural == {0: ""}


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    catalogue = update(
        read(tmp_path / "none.po", "xx"), [Message('a "b"\n\n\\c', context="x"), Message("{n} a", "{n} b")]
    )
    write(tmp_path / "xx.po", catalogue)
    again = read(tmp_path / "xx.po", "xx")
    assert str(again) == str(catalogue)
    assert [entry.msgid for entry in again] == ['a "b"\n\n\\c', "{n} a"]
