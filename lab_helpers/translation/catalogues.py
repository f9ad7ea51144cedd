"""Bring a catalogue up to what there is to translate, and keep every translation that still fits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from polib import POEntry, POFile, pofile

from lab_helpers import paths
from lab_helpers.language import CELLS, MESSAGES, SOURCE, languages
from lab_helpers.translation.messages import Message

__all__ = ["DOMAINS", "files", "kept", "read", "update", "write"]

DOMAINS = (MESSAGES, CELLS)

_FIELD = re.compile(r"{\w*}")
_FUZZY = "fuzzy"
# How alike two texts must be for the translation of one to be a start for the other.
_ALIKE = 0.7


def files(language: str) -> dict[str, Path]:
    """Where the project keeps the catalogues of a language, by domain; they need not be there yet."""
    directory = paths.locale_directories()[0] / language / "LC_MESSAGES"
    return {domain: directory / f"{domain}.po" for domain in DOMAINS}


def kept() -> list[str]:
    """The languages the project keeps catalogues of."""
    return [language for language in languages() if language != SOURCE and files(language)[MESSAGES].exists()]


def read(file: Path, language: str) -> POFile:
    """Read a catalogue; an empty one where there is none.

    Raises:
        OSError: It is no catalogue.
    """
    if file.exists():
        return pofile(str(file), encoding="utf-8", wrapwidth=0)
    empty = POFile(encoding="utf-8", wrapwidth=0)
    empty.metadata = {
        "Project-Id-Version": "kubernetes-lab",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": language,
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    return empty


def write(file: Path, catalogue: POFile) -> None:
    """Write a catalogue to its file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(str(catalogue), encoding="utf-8")


def update(old: POFile, messages: Sequence[Message]) -> POFile:
    """The catalogue of these messages, with every translation of the old one that fits.

    A message that was changed keeps its translation as a start, marked fuzzy, with the text it was made for; until
    somebody looks at it, it is not used. What is no longer said is dropped: Git remembers it.
    """
    new = POFile(encoding="utf-8", wrapwidth=0)
    new.header, new.metadata = old.header, old.metadata
    known = {(entry.msgctxt or "", entry.msgid): entry for entry in old if not entry.obsolete}
    wanted = {message.key for message in messages}
    free = {key: entry for key, entry in known.items() if key not in wanted}
    new.extend(_entry(message, known.get(message.key), free, _forms(old)) for message in messages)
    return new


def _entry(message: Message, known: POEntry | None, free: dict[tuple[str, str], POEntry], forms: int) -> POEntry:
    entry = POEntry(msgid=message.text, occurrences=[(file, "") for file in message.files])
    if message.context:
        entry.msgctxt = message.context
    if message.plural:
        entry.msgid_plural, entry.msgstr_plural = message.plural, dict.fromkeys(range(forms), "")
    if _FIELD.search(message.text):
        entry.flags.append("python-brace-format")
    if known is not None:
        _take(entry, known)
        entry.previous_msgid = known.previous_msgid
        if known.fuzzy:
            entry.flags.insert(0, _FUZZY)
    elif (start := _start(message, free)) is not None:
        _take(entry, start)
        if start.previous_msgid != message.text:  # else it was changed and changed back: the translation fits again
            entry.previous_msgid = start.previous_msgid or start.msgid
            entry.flags.insert(0, _FUZZY)
    return entry


def _take(entry: POEntry, other: POEntry) -> None:
    """Take over a translation, and what its translator noted."""
    entry.tcomment = other.tcomment
    if bool(entry.msgid_plural) == bool(other.msgid_plural):
        entry.msgstr, entry.msgstr_plural = other.msgstr, other.msgstr_plural


def _start(message: Message, free: dict[tuple[str, str], POEntry]) -> POEntry | None:
    """The translation that was of this message before it changed: of the same cell, or of a text much like it."""
    same = {text: (context, text) for context, text in free if context == message.context}
    if message.context:
        keys = list(same.values())
    else:
        keys = [same[text] for text in get_close_matches(message.text, same, n=1, cutoff=_ALIKE)]
    found = free.pop(keys[0]) if keys else None
    return found if found is not None and (found.msgstr or found.msgstr_plural) else None


def _forms(catalogue: POFile) -> int:
    told = re.search(r"nplurals\s*=\s*(\d+)", catalogue.metadata.get("Plural-Forms", ""))
    return int(told.group(1)) if told else 2
