"""The language of the lab's output: selected by the environment, translated by gettext catalogues.

Messages are written in English in the source. A catalogue is parsed from its source (``.po``) when the first message
of its language is needed: nothing has to be compiled, so nothing compiled can be stale, and English loads nothing.
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
    "addon_domain",
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
"""The language of the source."""

LAB_LANGUAGE = "LAB_LANGUAGE"
"""The environment variable that passes ``--language`` on to kernels and every other process of the lab."""

MESSAGES = "messages"
"""The gettext domain of ``lab_helpers``: commands, cards, pictures, reports.

Every lab has a domain of its own, named like its package: the messages of its ``lab.toml`` and its checks, and the
prose of its notebook, one message a cell. Every add-on has one, too: see ``addon_domain``.
"""

# As in gettext, after the lab's own variable: the first one set wins.
_VARIABLES = (LAB_LANGUAGE, "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


def addon_domain(package: str) -> str:
    """The gettext domain of an add-on, by the name of its package below ``lab_helpers.addons``."""
    return f"addon_{package}"


def languages() -> list[str]:
    """The supported languages: English, and every one with a catalogue."""
    files = (file for place in paths.locale_directories() for file in place.glob(f"*/LC_MESSAGES/{MESSAGES}.po"))
    return [SOURCE, *sorted({file.parts[-3] for file in files})]


def current() -> str:
    """The current language: that of ``LAB_LANGUAGE``, else of the locale, else English."""
    requested = next((os.environ[variable] for variable in _VARIABLES if os.environ.get(variable)), "")
    return _first_supported(requested, paths.locale_directories())


def gettext(message: str) -> str:
    """Translate a message to the current language; placeholders in braces are filled in afterwards."""
    translations = (catalogue.gettext(message) for catalogue in _catalogues())
    return next((text for text in translations if text != message), message)


def gettext_noop(message: str) -> str:
    """Mark a message for translation and return it unchanged; it is translated when it is shown."""
    return message


def ngettext(singular: str, plural: str, count: int) -> str:
    """Translate a message with a plural form to the current language."""
    translations = (catalogue.ngettext(singular, plural, count) for catalogue in _catalogues())
    return next((text for text in translations if text not in (singular, plural)), singular if count == 1 else plural)


def catalogue_file(language: str, domain: str) -> Path | None:
    """The catalogue of a language; None if there is none."""
    files = (place / language / "LC_MESSAGES" / f"{domain}.po" for place in paths.locale_directories())
    return next((file for file in files if file.exists()), None)


def columns(text: str) -> int:
    """The width of a text in terminal columns; wide characters, such as Hangul, take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def pad(text: str, width: int) -> str:
    """Pad a text with spaces to a width in terminal columns."""
    return text + " " * (width - columns(text))


@cache
def _first_supported(requested: str, _directories: tuple[Path, ...]) -> str:
    """The first supported language in a list such as ``fr_CA.UTF-8:ko_KR``, else English."""
    known = languages()
    for locale in requested.split(":"):
        name = locale.partition(".")[0].partition("@")[0]
        for language in (name, name.partition("_")[0]):
            if language in known:
                return language
    return SOURCE


def _catalogues() -> Iterator[GNUTranslations]:
    """The catalogues of the current language, lab_helpers' own first, each parsed when it is needed."""
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
