"""Read a TOML file into dataclasses; an error names the file, the key, what is wrong and what to write."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from difflib import get_close_matches
from enum import Enum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from lab_helpers import checkout, language
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop

__all__ = ["PROSE", "Form", "Key", "Location", "Prose", "nearest", "prose_keys", "read"]

T = TypeVar("T")


@dataclass(frozen=True)
class Prose:
    """Marks a field whose texts are prose: they are read in the reader's language."""


PROSE = Prose()

# What a value must be, and an example of it.
_KINDS: Mapping[type, tuple[str, str]] = {
    str: (gettext_noop("a text in quotes"), '"…"'),
    bool: (gettext_noop("true or false"), "true"),
    int: (gettext_noop("a whole number"), "10"),
    float: (gettext_noop("a number"), "10"),
    tuple: (gettext_noop("a list"), '["…"]'),
    dict: (gettext_noop("a table"), "{ … }"),
}


@dataclass(frozen=True)
class Key:
    """By which key a field is written, where that is not the field's own name."""

    name: str


@dataclass(frozen=True)
class Form:
    """What a text must look like.

    Attributes:
        pattern: A regular expression that fits all of it.
        meaning: What that is, in English, for whoever wrote something else.
    """

    pattern: str
    meaning: str


@dataclass(frozen=True)
class Location:
    """A place in a TOML file.

    Attributes:
        file: The file.
        path: The keys that lead there, as in ``step[2].prediction``; empty for all of it.
    """

    file: Path
    path: str = ""

    def key(self, name: str) -> Location:
        """The place of a key in this table."""
        return Location(self.file, f"{self.path}.{name}" if self.path else name)

    def item(self, index: int) -> Location:
        """The place of an item of this list, counted from 0."""
        return Location(self.file, f"{self.path}[{index}]")

    def error(self, reason: str, write: str) -> LabError:
        """What is wrong there, and what to write instead."""
        root = checkout.source_directory()
        file = self.file.relative_to(root) if self.file.is_relative_to(root) else self.file
        return LabError(reason, object=f"{file}: {self.path}".rstrip(": "), next_step=write)


def read(kind: type[T], file: Path, **values: object) -> T:
    """Read a file.

    Args:
        kind: The dataclass of its outermost table: each field is a key, and one without a default has to be there.
        file: The file.
        **values: Fields of the outermost table that the file does not hold.

    Raises:
        LabError: It cannot be read, or is not as the dataclass says.
    """
    location = Location(file)
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:  # not readable, not UTF-8, not TOML
        raise location.error(_("cannot be read: {reason}").format(reason=error), f"cat {file}") from error
    return _read_table(kind, table, location, values)


def prose_keys(kind: type) -> frozenset[str]:
    """The keys of a dataclass, and of those in it, whose texts are prose."""
    keys: set[str] = set()
    for name, (_field, hint) in _keys(kind).items():
        if PROSE in _notes(hint):
            keys.add(name)
        keys |= {key for inner in _dataclasses(hint) for key in prose_keys(inner)}
    return frozenset(keys)


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like one that is not known; the first where none is like it."""
    names = list(known)
    return next(iter(get_close_matches(name, names, n=1)), names[0] if names else "")


def _read_table(kind: type[T], table: object, location: Location, values: Mapping[str, object]) -> T:
    if not isinstance(table, dict):
        raise _wrong_kind([dict], table, location)
    keys = {name: key for name, key in _keys(kind).items() if key[0].name not in values}  # type: ignore[arg-type]
    for name in table:
        if name not in keys:
            known = ", ".join(keys)
            raise location.key(name).error(_("is no key; there are {known}").format(known=known), nearest(name, keys))
    values = dict(values)
    for name, (field, hint) in keys.items():
        if name in table:
            values[field.name] = _read(hint, table[name], location.key(name))
        elif field.default is MISSING and field.default_factory is MISSING:
            raise location.key(name).error(_("is missing"), f"{name} = {_kind(hint)[1]}")
    return kind(**values)


def _read(hint: Any, value: object, location: Location) -> Any:  # noqa: ANN401 - whatever the hint says
    origin = get_origin(hint)
    if origin is Annotated:
        inner, *notes = get_args(hint)
        return _noted(_read(inner, value, location), notes, location)
    if origin is UnionType:
        kinds = [kind for kind in get_args(hint) if kind is not type(None)]
        fitting = [kind for kind in kinds if type(value) is kind or len(kinds) == 1]
        if not fitting:
            raise _wrong_kind(kinds, value, location)
        return _read(fitting[0], value, location)
    if origin in (tuple, frozenset):
        if not isinstance(value, list):
            raise _wrong_kind([tuple], value, location)
        inner = get_args(hint)[0]
        return origin(_read(inner, item, location.item(index)) for index, item in enumerate(value))
    if origin is not None:
        if not isinstance(value, dict):
            raise _wrong_kind([dict], value, location)
        return {name: _read(get_args(hint)[1], item, location.key(name)) for name, item in value.items()}
    if isinstance(hint, type) and is_dataclass(hint):
        return _read_table(hint, value, location, {})
    return _read_plain(hint, value, location)


def _read_plain(kind: type, value: object, location: Location) -> object:
    if issubclass(kind, Enum):
        known = [str(member.value) for member in kind]
        if value not in known:
            write = repr(nearest(str(value), known)).replace("'", '"')
            raise location.error(_("is {value}; there are {known}").format(value=value, known=", ".join(known)), write)
        return kind(value)
    is_kind = type(value) is kind or (kind is float and type(value) is int)
    if not is_kind or (isinstance(value, float) and not math.isfinite(value)):  # TOML has inf and nan
        raise _wrong_kind([kind], value, location)
    return value


def _noted(value: Any, notes: Iterable[object], location: Location) -> Any:  # noqa: ANN401 - what was read, as it is
    for note in notes:
        if isinstance(note, Form) and not re.fullmatch(note.pattern, value):
            reason = _("is {value}, and must be {meaning}").format(
                value=repr(value), meaning=language.gettext(note.meaning)
            )
            raise location.error(reason, "")
        if isinstance(note, Prose):
            value = tuple(map(language.gettext, value)) if isinstance(value, tuple) else language.gettext(value)
    return value


def _wrong_kind(kinds: Iterable[type], value: object, location: Location) -> LabError:
    meanings = dict(_KINDS[kind] for kind in kinds)
    meaning, example = _(" or ").join(map(language.gettext, meanings)), next(iter(meanings.values()))
    reason = _("is {value}, and must be {meaning}").format(value=_toml(value), meaning=meaning)
    name = location.path.rpartition(".")[2]
    return location.error(reason, example if name.endswith("]") else f"{name} = {example}")


def _toml(value: object) -> str:
    """A value much as TOML writes it; of a table or a list only what it is."""
    if isinstance(value, dict | list):
        return language.gettext(_KINDS[dict if isinstance(value, dict) else tuple][0])
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def _kind(hint: Any) -> tuple[str, str]:  # noqa: ANN401 - a type hint
    """What a value of that type is, and an example of it."""
    origin = get_origin(hint)
    if origin in (Annotated, UnionType):
        return _kind(get_args(hint)[0])
    if origin in (tuple, frozenset):
        return _KINDS[tuple]
    return _KINDS.get(hint, _KINDS[dict])


@cache
def _keys(kind: Any) -> dict[str, tuple[Field[Any], Any]]:  # noqa: ANN401 - a dataclass
    """The fields of a dataclass and their types, by the key that each is written by."""
    hints = get_type_hints(kind, include_extras=True)
    keys = {}
    for field in fields(kind):
        hint = hints[field.name]
        name = next((note.name for note in _notes(hint) if isinstance(note, Key)), field.name)
        keys[name] = (field, hint)
    return keys


def _notes(hint: Any) -> tuple[object, ...]:  # noqa: ANN401 - a type hint
    return tuple(get_args(hint)[1:]) if get_origin(hint) is Annotated else ()


def _dataclasses(hint: Any) -> set[type]:  # noqa: ANN401 - a type hint
    """The dataclasses in a type."""
    if is_dataclass(hint):
        return {hint} if isinstance(hint, type) else set()
    return {kind for inner in get_args(hint) for kind in _dataclasses(inner)}
