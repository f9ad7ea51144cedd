"""The schema of an application's configuration: the variables that its ``.env.example`` names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["Variable", "variables"]

_ASSIGNMENT = re.compile(r"^(?P<optional>#?)(?P<name>[A-Z_][A-Z0-9_]*)=(?P<value>.*)$")
_SECRET = re.compile(r"\bsecret\b", re.IGNORECASE)
_DEFAULT = re.compile(r"\bDefault:? (?P<value>.+?)(?=[.;,](?:\s|$))")


@dataclass(frozen=True)
class Variable:
    """A variable of the environment that an application reads.

    Attributes:
        name: As in ``LOG_LEVEL``.
        line: Where the schema names it, counted from 1.
        is_required: Whether the application does not start without it.
        is_secret: Whether its value is nobody else's business.
        default: What the application takes where it is not set; empty where the schema does not say.
    """

    name: str
    line: int
    is_required: bool
    is_secret: bool
    default: str


def variables(file: Path) -> dict[str, Variable]:
    """The variables that a schema names, by name; a commented one is optional.

    Raises:
        LabError: There is no such file, or it cannot be read.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = _("cannot be read: {error}").format(error=getattr(error, "strerror", None) or _("it is not UTF-8"))
        raise LabError(reason, object=str(file), next_step="lab config show --help") from error
    return {variable.name: variable for variable in _parsed(text)}


def _parsed(text: str) -> Iterator[Variable]:
    comment: list[str] = []  # about all variables that follow without another one or a blank line
    is_used = False
    for number, line in enumerate(text.splitlines(), 1):
        match = _ASSIGNMENT.match(line)
        if match:
            words = " ".join(comment)
            default = _DEFAULT.search(words)
            yield Variable(
                match["name"],
                number,
                is_required=not match["optional"],
                is_secret=_SECRET.search(words) is not None,
                default=default["value"] if default else "",
            )
        elif not line.startswith("#") or is_used:
            comment = []
        if not match and line.startswith("#"):
            comment.append(line.lstrip("# "))
        is_used = match is not None
