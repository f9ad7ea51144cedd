"""Kubeconfigs: whether one carries the credentials of a user."""

from __future__ import annotations

import re

from lab_helpers.policy.assignments import Assignment
from lab_helpers.policy.credentials import is_encrypted, is_placeholder
from lab_helpers.policy.files import File
from lab_helpers.policy.kind import is_source

__all__ = ["credentials_of"]

_IS_ONE = re.compile(r"""^[ \t]*["']?kind["']?\s*:\s*["']?Config\b""", re.MULTILINE)
_CREDENTIAL = re.compile(
    r"""^[\s-]*["']?(?P<name>client-key-data|token|password)["']?\s*:\s*["']?(?P<value>[^\s"',]+)""", re.MULTILINE
)


def credentials_of(file: File) -> Assignment | None:
    """The first credential of a kubeconfig; None where there is none, or the file is none."""
    if is_source(file) or "clusters" not in file.text or not _IS_ONE.search(file.text) or is_encrypted(file.text):
        return None
    for match in _CREDENTIAL.finditer(file.text):
        if not is_placeholder(match["value"]):
            return Assignment(match["name"], match["value"], file.line_of(match.start("name")))
    return None
