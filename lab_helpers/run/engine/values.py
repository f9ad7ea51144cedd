"""Convert parameter values to the types that a notebook declares."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Callable
from dataclasses import dataclass

import yaml

from lab_helpers.language import gettext as _

__all__ = ["Parameter", "WrongValue", "declare", "read", "read_text"]

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
# What PyYAML raises: ValueError for an invalid date, RecursionError for deep nesting.
_NO_YAML = (yaml.YAMLError, ValueError, RecursionError)


class WrongValue(ValueError):
    """An invalid value of a parameter; the message says why."""


@dataclass(frozen=True)
class Parameter:
    """A declared parameter.

    Attributes:
        kind: The name of its type, a key of ``_READERS``; empty for any type.
        is_optional: Whether it may be None.
    """

    kind: str
    is_optional: bool


def declare(annotation: ast.expr | None, default: ast.expr | None) -> Parameter:
    """The parameter that an assignment declares, by its annotation, else by its default."""
    try:
        value = ast.literal_eval(default) if default is not None else ...
    except ValueError:
        value = ...  # computed
    if annotation is None:
        # An integer default does not exclude fractions.
        kind = "number" if type(value) is int else type(value).__name__
        return Parameter(kind if kind in _READERS else "", value is None)
    names = [name.strip() for name in ast.unparse(annotation).split("|")]
    kinds = [name.partition("[")[0].lower() for name in names if name != "None"]
    is_known = len(kinds) == 1 and kinds[0] in _READERS
    return Parameter(kinds[0] if is_known else "", value is None or "None" in names)


def read_text(text: str, declared: Parameter) -> object:
    """Parse a value from the command line as YAML and convert it to the declared type.

    Raises:
        WrongValue: It is not of that type.
    """
    try:
        value = yaml.safe_load(text)
    except _NO_YAML as error:
        if declared.kind == "str":
            return text
        problem = getattr(error, "problem", None) or error
        raise WrongValue(_("cannot be read as YAML: {problem}").format(problem=problem)) from error
    if declared.kind == "str" and not isinstance(value, str) and not (value is None and declared.is_optional):
        return text  # 1.10 is a version, not a number
    return read(value, declared)


def read(value: object, declared: Parameter) -> object:
    """Convert a value to the declared type; papermill passes many values as text.

    Raises:
        WrongValue: It is not of that type, or JSON cannot encode it.
    """
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise WrongValue(_("is nothing that a notebook can hold")) from error
    if not declared.kind or (value is None and declared.is_optional):
        return value
    try:
        return _READERS[declared.kind](value)
    except _NO_YAML as error:
        raise WrongValue(_("is declared as {kind}").format(kind=declared.kind)) from error


def _bool(value: object) -> bool:
    word = str(value).lower()
    if word not in _TRUE + _FALSE:
        raise ValueError(word)
    return word in _TRUE


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(value)
    number = yaml.safe_load(value) if isinstance(value, str) else value
    return number if type(number) is int else _float(value)


def _int(value: object) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError(value)
    return int(number)


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str) or not math.isfinite(float(value)):
        raise ValueError(value)
    return float(value)


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(value)  # papermill converts 007 and 1.10 to numbers, which loses the text
    return value


def _list(value: object) -> list[object]:
    items = yaml.safe_load(value) if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise ValueError(value)
    return list(items)


def _dict(value: object) -> dict[object, object]:
    items = yaml.safe_load(value) if isinstance(value, str) else value
    if not isinstance(items, dict):
        raise ValueError(value)
    return items


_READERS: dict[str, Callable[[object], object]] = {
    "bool": _bool,
    "int": _int,
    "number": _number,
    "float": _float,
    "str": _str,
    "list": _list,
    "dict": _dict,
}
