"""Bring a catalogue up to what there is to translate, and keep every translation that still fits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from polib import POEntry, POFile, pofile

from lab_helpers import paths
from lab_helpers.language import MESSAGES, SOURCE, languages
from lab_helpers.translation.messages import Message

__all__ = ["contradictions", "file_of", "kept", "kept_files", "read", "update", "write"]

_FIELD = re.compile(r"{\w*}")
_FUZZY = "fuzzy"
# How alike two texts must be for the translation of one to be a start for the other.
_ALIKE = 0.7


def file_of(domain: str, language: str) -> Path:
    """Where the project keeps the catalogue of a domain in a language; it need not be there yet."""
    own, lab = paths.locale_directories()[0], paths.checkout_directory() / "labs" / domain / "locale"
    return (own if domain == MESSAGES else lab) / language / "LC_MESSAGES" / f"{domain}.po"


def kept() -> list[str]:
    """The languages the project keeps catalogues of."""
    return [language for language in languages() if language != SOURCE and file_of(MESSAGES, language).exists()]


def kept_files(language: str) -> list[Path]:
    """All catalogues of a language that the project keeps, of whatever domain."""
    *places, _of_user = paths.locale_directories()
    return [file for place in places for file in sorted((place / language / "LC_MESSAGES").glob("*.po"))]


def read(file: Path, language: str) -> POFile:
    """Read a catalogue; an empty one where there is none.

    Raises:
        OSError: It is no catalogue.
    """
    if file.exists():
        return pofile(str(file), encoding="utf-8", wrapwidth=0)
    empty = POFile(encoding="utf-8", wrapwidth=0)
    own = file_of(MESSAGES, language)
    empty.metadata = {
        "Project-Id-Version": "kubernetes-lab",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": language,
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    } | (read(own, language).metadata if own.exists() else {})
    return empty


def write(file: Path, catalogue: POFile) -> None:
    """Write a catalogue to its file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(str(catalogue), encoding="utf-8")


def update(old: POFile, messages: Sequence[Message], others: Iterable[POFile] = ()) -> POFile:
    """The catalogue of these messages, with every translation of the old one that fits.

    A message that was changed keeps its translation as a start, marked fuzzy, with the text it was made for; until
    somebody looks at it, it is not used. What is no longer said is dropped: Git remembers it.

    Args:
        old: What is kept so far.
        messages: All that there is to translate.
        others: Catalogues of other domains, from which a message that was moved takes its translation along.
    """
    new = POFile(encoding="utf-8", wrapwidth=0)
    new.header, new.metadata = old.header, old.metadata
    known = {(entry.msgctxt or "", entry.msgid): entry for entry in old if not entry.obsolete}
    current = {message.key for message in messages}
    free = {key: entry for key, entry in known.items() if key not in current}
    moved = {(entry.msgctxt or "", entry.msgid): entry for other in others for entry in other.translated_entries()}
    known = moved | {key: entry for key, entry in known.items() if entry.translated() or key not in moved}
    new.extend(_entry(message, known.get(message.key), free, _forms(old)) for message in messages)
    return new


def contradictions(catalogues: Iterable[POFile]) -> list[str]:
    """The messages that two domains translate in two ways: whoever looks one up gets the first."""
    first: dict[tuple[str, str], str] = {}
    entries = [entry for catalogue in catalogues for entry in catalogue.translated_entries()]
    for entry in entries:
        first.setdefault((entry.msgctxt or "", entry.msgid), entry.msgstr)
    return [entry.msgid for entry in entries if first[entry.msgctxt or "", entry.msgid] != entry.msgstr]


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
