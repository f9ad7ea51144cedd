"""A language that nobody speaks, made of the English: every letter wears an accent, every message has brackets.

Whatever a reader meets in plain letters was never given to a translator.
"""

from __future__ import annotations

import re
from pathlib import Path

from polib import POEntry, POFile

from lab_helpers.translation.catalogues import read, update, write
from lab_helpers.translation.messages import Message, collect

__all__ = ["PSEUDO", "accent", "tell", "write_catalogues"]

PSEUDO = "qps"  # of those that ISO 639-2 leaves to everybody

_ACCENTS = str.maketrans("aceinosuyzACEINOSUYZ", "áçéíñóšúýžÁÇÉÍÑÓŠÚÝŽ")
# What is the same in every language: code, fields, tags, and where links lead.
_KEPT = re.compile(r"```.*?```|`[^`]+`|{[^{}]*}|<[^>]+>|\]\([^)]*\)", re.DOTALL)


def accent(text: str) -> str:
    """The text with accents on its prose."""
    ends = [0]
    parts = []
    for match in _KEPT.finditer(text):
        parts += [text[ends[-1] : match.start()].translate(_ACCENTS), match.group()]
        ends.append(match.end())
    return "".join([*parts, text[ends[-1] :].translate(_ACCENTS)])


def tell(message: str) -> str:
    """What a message is in this language."""
    return f"⟦{accent(message)}⟧"


def write_catalogues(directory: Path, messages: dict[str, list[Message]] | None = None) -> None:
    """Write the catalogues of this language, and nothing else, to where users add theirs: ``XDG_DATA_HOME``."""
    messages = messages or collect()
    place = directory / "kubernetes-lab" / "locale" / PSEUDO / "LC_MESSAGES"
    for domain, of_domain in messages.items():
        catalogue = update(read(Path("none"), PSEUDO), of_domain)
        for entry in catalogue:
            _translate(entry, accent if entry.msgctxt else tell)  # a cell of prose has its name for a context
        write(place / f"{domain}.po", catalogue)


def _translate(entry: POEntry, speak: object) -> None:
    assert callable(speak)
    if entry.msgid_plural:
        entry.msgstr_plural = {0: speak(entry.msgid), 1: speak(entry.msgid_plural)}
    else:
        entry.msgstr = speak(entry.msgid)


def catalogue(*entries: POEntry) -> POFile:
    """A catalogue of these entries."""
    accented = POFile(encoding="utf-8", wrapwidth=0)
    accented.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": "nplurals=2; plural=(n != 1);"}
    accented.extend(entries)
    return accented
