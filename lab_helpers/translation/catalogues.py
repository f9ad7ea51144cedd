"""Update a catalogue to the current messages, keeping every translation that still applies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from polib import POEntry, POFile, pofile

from lab_helpers import paths
from lab_helpers.language import MESSAGES, SOURCE, addon_domain, languages
from lab_helpers.translation.messages import Message

__all__ = ["contradictions", "file_of", "project_files", "project_languages", "read", "update", "write"]

_FIELD = re.compile(r"{\w*}")
_FUZZY = "fuzzy"
# The similarity (difflib ratio) from which a translation is reused, as fuzzy, for a changed message.
_ALIKE = 0.7


def file_of(domain: str, language: str) -> Path:
    """The path of the project's catalogue of a domain in a language; it need not exist yet."""
    own, labs = paths.locale_directories()[0], paths.checkout_directory() / "labs"
    addons = {addon_domain(path.name): path / "locale" for path in (own.parent / "addons").iterdir() if path.is_dir()}
    places = {MESSAGES: own, **addons}
    return places.get(domain, labs / domain / "locale") / language / "LC_MESSAGES" / f"{domain}.po"


def project_languages() -> list[str]:
    """The languages that the project has catalogues of."""
    return [language for language in languages() if language != SOURCE and file_of(MESSAGES, language).exists()]


def project_files(language: str) -> list[Path]:
    """The project's catalogues of a language, of all domains."""
    *places, _of_user = paths.locale_directories()
    return [file for place in places for file in sorted((place / language / "LC_MESSAGES").glob("*.po"))]


def read(file: Path, language: str) -> POFile:
    """Read a catalogue; an empty one if there is none.

    Raises:
        OSError: The file is no catalogue.
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
    """The catalogue of these messages, with every translation of the old one that applies.

    A changed message keeps its translation, marked fuzzy and with the previous text; it is not used until reviewed.
    Messages that no longer exist are dropped.

    Args:
        old: The current catalogue.
        messages: The domain's messages.
        others: Catalogues of other domains, for the translations of moved messages.
    """
    new = POFile(encoding="utf-8", wrapwidth=0)
    new.header, new.metadata = old.header, old.metadata
    known = {(entry.msgctxt or "", entry.msgid): entry for entry in old if not entry.obsolete}
    current = {message.key for message in messages}
    unused = {key: entry for key, entry in known.items() if key not in current}
    moved = {(entry.msgctxt or "", entry.msgid): entry for other in others for entry in other.translated_entries()}
    known = moved | {key: entry for key, entry in known.items() if entry.translated() or key not in moved}
    new.extend(_entry(message, known.get(message.key), unused, _plural_count(old)) for message in messages)
    return new


def contradictions(catalogues: Iterable[POFile]) -> list[str]:
    """The messages that two domains translate differently; the first one would be used for both."""
    first: dict[tuple[str, str], str] = {}
    entries = [entry for catalogue in catalogues for entry in catalogue.translated_entries()]
    for entry in entries:
        first.setdefault((entry.msgctxt or "", entry.msgid), entry.msgstr)
    return [entry.msgid for entry in entries if first[entry.msgctxt or "", entry.msgid] != entry.msgstr]


def _entry(message: Message, known: POEntry | None, unused: dict[tuple[str, str], POEntry], forms: int) -> POEntry:
    entry = POEntry(msgid=message.text, occurrences=[(file, "") for file in message.files])
    if message.context:
        entry.msgctxt = message.context
    if message.plural:
        entry.msgid_plural, entry.msgstr_plural = message.plural, dict.fromkeys(range(forms), "")
    if _FIELD.search(message.text):
        entry.flags.append("python-brace-format")
    if known is not None:
        _copy_translation(entry, known)
        entry.previous_msgid = known.previous_msgid
        if known.fuzzy:
            entry.flags.insert(0, _FUZZY)
    elif (start := _previous_translation(message, unused)) is not None:
        _copy_translation(entry, start)
        if start.previous_msgid != message.text:  # else it was changed and changed back: the translation applies again
            entry.previous_msgid = start.previous_msgid or start.msgid
            entry.flags.insert(0, _FUZZY)
    return entry


def _copy_translation(entry: POEntry, other: POEntry) -> None:
    """Copy a translation and its translator's comment."""
    entry.tcomment = other.tcomment
    if bool(entry.msgid_plural) == bool(other.msgid_plural):
        entry.msgstr, entry.msgstr_plural = other.msgstr, other.msgstr_plural


def _previous_translation(message: Message, unused: dict[tuple[str, str], POEntry]) -> POEntry | None:
    """The translation of a message's previous version: of the same cell, or of a similar text."""
    candidates = {text: (context, text) for context, text in unused if context == message.context}
    if message.context:
        keys = list(candidates.values())
    else:
        keys = [candidates[text] for text in get_close_matches(message.text, candidates, n=1, cutoff=_ALIKE)]
    entry = unused.pop(keys[0]) if keys else None
    return entry if entry is not None and (entry.msgstr or entry.msgstr_plural) else None


def _plural_count(catalogue: POFile) -> int:
    match = re.search(r"nplurals\s*=\s*(\d+)", catalogue.metadata.get("Plural-Forms", ""))
    return int(match.group(1)) if match else 2
