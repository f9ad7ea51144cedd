"""The secret values in a Secret of the cluster, and in a file of variables."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from pathlib import Path

from lab_helpers.kube.transport import Object
from lab_helpers.policy.credentials import is_credential_name

__all__ = ["of_file", "of_secret"]

_PASSWORD_IN_ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]*://[^/@:]*:([^/@]+)@")
_NAME = re.compile(r"[a-z]+(?:[-_. ][a-z]+)*|[a-z0-9.-]+:\d+|\d+", re.IGNORECASE)
_COMPRESSED = "helm.sh/release.v1"
_LONG = 16  # characters of a line that is a part of a value, and says something by itself
_ENCRYPTED = "ENC["  # by SOPS


def of_file(file: Path) -> Iterator[str]:
    """The values of a file of variables, those that SOPS encrypted left out."""
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition("=")
        value = value.strip().strip("\"'")
        if value and not name.startswith(("#", "sops_")) and not value.startswith(_ENCRYPTED):
            yield from _parts(value)


def of_secret(secret: Object) -> Iterator[str]:
    """The values of a Secret that are not public: no certificates, and no names such as a user's."""
    if secret.get("type") == _COMPRESSED:
        return
    for key, encoded in (secret.get("data") or {}).items():
        value = _decoded(encoded)
        if value.lstrip().startswith("{"):
            yield from _credentials(value)
        elif not key.endswith(".crt") and (is_credential_name(key) or not _NAME.fullmatch(value)):
            yield from _parts(value)


def _parts(value: str) -> Iterator[str]:
    """A value as it is masked: of several lines, each one and what base64 makes of all of them."""
    if "\n" not in value.strip():
        yield value.strip()
        if password := _PASSWORD_IN_ADDRESS.search(value):
            yield password[1]
        return
    yield base64.b64encode(value.encode()).decode()
    for line in map(str.strip, value.splitlines()):
        if len(line) >= _LONG and not line.startswith("-----"):
            yield line


def _credentials(document: str) -> Iterator[str]:
    """The values of a Docker configuration, or of other JSON."""
    try:
        content = json.loads(document)
    except ValueError:
        yield from _parts(document)
        return
    pending = [("", content)]
    while pending:
        key, value = pending.pop()
        if isinstance(value, dict):
            pending += value.items()
        elif isinstance(value, list):
            pending += [(key, item) for item in value]
        elif isinstance(value, str) and (key == "auth" or is_credential_name(key)):
            yield from _parts(value)


def _decoded(encoded: str) -> str:
    try:
        return base64.b64decode(encoded).decode(errors="replace")
    except binascii.Error:  # no API server stores such a thing
        return encoded
