"""Mask secret values in everything a run writes: events, notebooks, JUnit, report."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
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
"""The replacement for a secret."""

_SHORTEST = 6  # characters; anything shorter would blank out ordinary words
_WIDTHS = (64, 70, 76)  # at which PEM, kustomize and base64(1) begin a new line
_TELLING = 8  # characters of base64 on such a line
_AGE_KEY = "AGE-SECRET-KEY-1"
_PRIVATE_KEY = re.compile(rf"{_AGE_KEY}[0-9A-Z]+")


class Redactor:
    """Masks secret values, also when encoded as base64, within a longer base64 text, in a URL or inside JSON.

    An age key is one by its form, whoever made it and wherever it lies.

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
        """Read the secrets of a file, one value a line; a missing file holds none.

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
        """Read the file that LAB_SECRETS_FILE names; without it there are no secrets.

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
        # Searching for each form by itself is a hundred times faster than one pattern of all of them.
        present = [re.escape(form) for form in self._forms if form in text]
        masked = re.sub("|".join(present), MASK, text) if present else text
        return _PRIVATE_KEY.sub(MASK, masked) if _AGE_KEY in masked else masked

    def tree(self, value: T) -> T:
        """The same JSON-like value with the secrets masked in every string, keys included."""
        return cast(T, self._tree(value))

    def _tree(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self._tree(key): self._tree(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._tree(item) for item in value]
        return value


def remember(value: str, environment: Mapping[str, str] = os.environ) -> None:
    """Append a secret to the file that LAB_SECRETS_FILE names, created with mode 0600; without it, do nothing."""
    path = environment.get(SECRETS_FILE)
    if not path:
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, f"{value}\n".encode())
    finally:
        os.close(descriptor)


@lru_cache(maxsize=1024)  # of a sealing key's fifty lines, asked for with every event
def _forms(value: str) -> frozenset[str]:
    encoded = base64.b64encode(value.encode()).decode()
    inside = _inside_base64(value)
    # A Secret with Docker's configuration holds base64 of JSON that holds base64 of user and password.
    twice = {form for fragment in inside for form in _inside_base64(fragment)}
    plain = (value, quote(value, safe=""), json.dumps(value)[1:-1])
    return frozenset({*plain, encoded, *inside, *twice, *_lines(encoded)})


def _lines(encoded: str) -> set[str]:
    """The lines that programs print a long base64 text in."""
    lines = {encoded[start : start + width] for width in _WIDTHS for start in range(0, len(encoded), width)}
    return {line for line in lines if len(line) >= _TELLING}


def _inside_base64(text: str) -> set[str]:
    """The fragments by which a text appears in the base64 encoding of any longer text that contains it.

    There is one for each alignment to the three-byte groups of base64, without the characters at its ends that also
    encode neighbouring bytes.
    """
    data = text.encode()
    fragments = set()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode()
        first, last = -(-before * 8 // 6), (before + len(data)) * 8 // 6
        fragments.add(encoded[first:last])
    return fragments
