"""Backing services: images of servers that applications need, declared and built as applications are."""

from __future__ import annotations

from pathlib import Path

from lab_helpers.images import applications
from lab_helpers.images.applications import Application

__all__ = ["load", "names"]

_DIRECTORY = Path(__file__).parent


def names() -> list[str]:
    """The names of all backing services."""
    return applications.names(_DIRECTORY)


def load(name: str) -> Application:
    """The backing service of that name; its only release carries the major version of its server.

    Raises:
        LabError: There is none, or its ``app.toml`` is wrong.
    """
    return applications.load(name, _DIRECTORY)
