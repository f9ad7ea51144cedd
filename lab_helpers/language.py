"""The language the lab speaks: chosen by the environment, told by gettext catalogues.

English is written in the source. A catalogue is read as it is kept, as text (``.po``), when the first message of its
language is asked for: nothing has to be compiled, so nothing compiled can be stale, and English reads nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from unicodedata import east_asian_width

from lab_helpers import paths

__all__ = [
    "LAB_LANGUAGE",
    "MESSAGES",
    "SOURCE",
    "catalogue_file",
    "columns",
    "current",
    "gettext",
    "gettext_noop",
    "languages",
    "ngettext",
    "pad",
]

SOURCE = "en"
"""The language in which everything is written."""

LAB_LANGUAGE = "LAB_LANGUAGE"
"""The environment variable by which ``--language`` reaches kernels and every other process of the lab."""

MESSAGES = "messages"
"""The domain of what lab_helpers says: commands, cards, pictures, reports.

Every lab has a domain of its own, called as its package is: what its ``lab.toml`` and its checks say, and the prose of
its notebook, one message a cell.
"""

# As gettext has them, after the lab's own: the first that says anything counts.
_VARIABLES = (LAB_LANGUAGE, "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def languages() -> list[str]:
    """The languages the lab can speak: English, and every one with a catalogue."""
    files = (file for place in paths.locale_directories() for file in place.glob(f"*/LC_MESSAGES/{MESSAGES}.po"))
    return [SOURCE, *sorted({file.parts[-3] for file in files})]


def current() -> str:
    """The language to speak now: what ``LAB_LANGUAGE``, else the locale, asks for, else English."""
    asked = next((os.environ[variable] for variable in _VARIABLES if os.environ.get(variable)), "")
    return _first_spoken(asked, paths.locale_directories())


def gettext(message: str) -> str:
    """A message in the current language; what varies in it is named in braces, and filled in afterwards."""
    told = (catalogue.gettext(message) for catalogue in _catalogues())
    return next((text for text in told if text != message), message)


def gettext_noop(message: str) -> str:
    """The message as it is, for a translator to find: whoever shows it translates it, in the language of that time."""
    return message


def ngettext(one: str, many: str, count: int) -> str:
    """A message about so many things in the current language."""
    told = (catalogue.ngettext(one, many, count) for catalogue in _catalogues())
    return next((text for text in told if text not in (one, many)), one if count == 1 else many)


def catalogue_file(language: str, domain: str) -> Path | None:
    """The catalogue of a language, or None where it has none."""
    files = (place / language / "LC_MESSAGES" / f"{domain}.po" for place in paths.locale_directories())
    return next((file for file in files if file.exists()), None)


def columns(text: str) -> int:
    """How many columns of a terminal a text takes: a letter of Hangul takes two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def pad(text: str, width: int) -> str:
    """Fill a text up with blanks to so many columns of a terminal."""
    return text + " " * (width - columns(text))


@cache
def _first_spoken(asked: str, _places: tuple[Path, ...]) -> str:
    """The first that the lab can speak in a list such as ``fr_CA.UTF-8:ko_KR``."""
    known = languages()
    for locale in asked.split(":"):
        name = locale.partition(".")[0].partition("@")[0]
        for language in (name, name.partition("_")[0]):
            if language in known:
                return language
    return SOURCE


def _catalogues() -> Iterator[GNUTranslations]:
    """The catalogues of the current language, lab_helpers' own first; one is read when it is asked for."""
    return map(_catalogue, _files(current(), paths.locale_directories()))


@cache
def _files(language: str, places: tuple[Path, ...]) -> tuple[Path, ...]:
    """The catalogue of each domain in a language, lab_helpers' own first."""
    files: dict[str, Path] = {}
    for place in places:
        for file in sorted((place / language / "LC_MESSAGES").glob("*.po")):
            files.setdefault(file.stem, file)
    return tuple(sorted(files.values(), key=lambda file: file.stem != MESSAGES))


@cache
def _catalogue(file: Path) -> GNUTranslations:
    import polib

    return GNUTranslations(BytesIO(polib.pofile(str(file), encoding="utf-8").to_binary()))
