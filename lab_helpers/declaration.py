"""A TOML file that declares something: values are taken by key, and an error names file and key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["Table", "read"]


def read(file: Path) -> Table:
    """Read the top-level table of a file.

    Raises:
        LabError: The file cannot be read, or is no TOML.
    """
    try:
        return Table(file, "", tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise LabError(error.strerror or str(error), object=str(file), next_step=f"ls {file.parent}") from error
    except ValueError as error:
        reason = _("is no TOML: {error}").format(error=error)
        raise LabError(reason, object=str(file), next_step=f"less {file}") from error


class Table:
    """A table of a TOML file.

    Args:
        file: The file.
        key: The table's own key, as in ``release[1]``; empty for the top-level table.
        content: Its keys and values.
    """

    def __init__(self, file: Path, key: str, content: Mapping[str, Any]) -> None:
        self._file = file
        self._key = key
        self._content = dict(content)

    def text(self, name: str, pattern: str = "(?s).+", example: str = "text", *, default: str | None = None) -> str:
        """Take the text that a key has.

        Args:
            name: The key.
            pattern: A regular expression for the whole text.
            example: A text that fits, for the error of one that does not.
            default: What counts where the key is missing; None where it must be there.

        Raises:
            LabError: The key is missing, or its value is no text that fits.
        """
        if default is not None and name not in self._content:
            return default
        value = self._take(name)
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise self.error(
                name, _("{value} is not written like {example}").format(value=repr(value), example=example)
            )
        return value

    def tables(self, name: str) -> Iterator[Table]:
        """Take the tables of an array of tables.

        Raises:
            LabError: The key is missing, or has no tables.
        """
        value = self._take(name)
        if not isinstance(value, list) or not value or not all(isinstance(entry, dict) for entry in value):
            raise self.error(name, _("must be tables, each below [[{name}]]").format(name=name))
        return (Table(self._file, f"{name}[{index}]", entry) for index, entry in enumerate(value))

    def expect_nothing_more(self) -> None:
        """Make sure that each key of the table was taken.

        Raises:
            LabError: One was not: it is misspelled, or means nothing there.
        """
        for name in self._content:
            raise self.error(name, _("is no key that means something there"))

    def error(self, name: str, reason: str) -> LabError:
        """The error for what is wrong with a key."""
        key = f"{self._key}.{name}" if self._key else name
        return LabError(reason, object=f"{self._file}: {key}", next_step=f"less {self._file}")

    def _take(self, name: str) -> object:
        if name not in self._content:
            raise self.error(name, _("is missing"))
        return self._content.pop(name)
