"""Keep secret values out of everything a run writes: events, notebooks, JUnit, report."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import quote

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

T = TypeVar("T")

__all__ = ["MASK", "SECRETS_FILE", "Redactor", "remember"]

SECRETS_FILE = "LAB_SECRETS_FILE"
"""The environment variable that names the file of secret values: mode 0600, one value a line."""

MASK = "[secret]"
"""What stands where a secret stood."""

_SHORTEST = 6  # characters; anything shorter would blank out ordinary words


class Redactor:
    """Replaces secret values, also where they are written as base64, within base64 of more, in a URL or inside JSON.

    Args:
        values: The secrets; those shorter than 6 characters are ignored.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values = frozenset(value for value in values if len(value) >= _SHORTEST)
        forms = {form for value in self._values for form in _forms(value)}
        # Longest first: a secret that contains another one is replaced whole.
        self._forms = sorted(forms, key=lambda form: (-len(form), form))

    @classmethod
    def from_file(cls, path: Path) -> Redactor:
        """Read the secrets of a file, one value a line; a file that is not there holds none.

        Raises:
            LabError: Others than its owner may read or write the file.
        """
        try:
            mode = path.stat().st_mode & 0o777
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return cls()
        if mode & 0o077:
            raise LabError(
                _("others may read these secrets (mode {mode:04o})").format(mode=mode),
                object=str(path),
                next_step=f"chmod 600 {path}",
            )
        return cls(line.strip() for line in text.splitlines())

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Redactor:
        """Read the file that LAB_SECRETS_FILE names; without it there is nothing to hide.

        Raises:
            LabError: Others than its owner may read or write the file.
        """
        path = environment.get(SECRETS_FILE)
        return cls.from_file(Path(path)) if path else cls()

    def extended(self, values: Iterable[str]) -> Redactor:
        """A redactor that hides these values too."""
        return Redactor([*self._values, *values])

    def text(self, text: str) -> str:
        """The text without the secrets."""
        # To look for each form by itself is a hundred times faster than to try all of them at each letter.
        present = [re.escape(form) for form in self._forms if form in text]
        return re.sub("|".join(present), MASK, text) if present else text

    def tree(self, value: T) -> T:
        """The same JSON-like value with every string in it, keys included, without the secrets."""
        return cast(T, self._tree(value)) if self._forms else value

    def _tree(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self._tree(key): self._tree(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._tree(item) for item in value]
        return value


def remember(value: str, environment: Mapping[str, str] = os.environ) -> None:
    """Add a secret to the file that LAB_SECRETS_FILE names, made with mode 0600; without it, do nothing."""
    path = environment.get(SECRETS_FILE)
    if not path:
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{value}\n".encode())
    finally:
        os.close(descriptor)


def _forms(value: str) -> set[str]:
    encoded = base64.b64encode(value.encode()).decode()
    inside = _inside_base64(value)
    # A Secret with Docker's configuration holds base64 of JSON that holds base64 of user and password.
    twice = {form for one in inside for form in _inside_base64(one)}
    return {value, encoded, quote(value, safe=""), json.dumps(value)[1:-1], *inside, *twice}


def _inside_base64(text: str) -> set[str]:
    """What of a text can be read in the base64 of anything longer that contains it.

    It begins at the first, second or third of three bytes, which are four characters. Those at its ends that its
    neighbours take part in are left out.
    """
    data = text.encode()
    found = set()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode()
        first, last = -(-before * 8 // 6), (before + len(data)) * 8 // 6
        found.add(encoded[first:last])
    return found
