"""Helpers for the Kubernetes architecture lab: what a notebook imports."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab_helpers.errors import CheckFailed, LabError, NotSupported
    from lab_helpers.workbook.course.checks import Evidence, Unsettled, check
    from lab_helpers.workbook.course.context import CheckContext
    from lab_helpers.workbook.session.lab import Lab
    from lab_helpers.workbook.session.opening import open_lab

__all__ = [
    "CheckContext",
    "CheckFailed",
    "Evidence",
    "Lab",
    "LabError",
    "NotSupported",
    "Unsettled",
    "check",
    "open_lab",
]

_HOMES = {
    "lab_helpers.errors": ("CheckFailed", "LabError", "NotSupported"),
    "lab_helpers.workbook.course.checks": ("Evidence", "Unsettled", "check"),
    "lab_helpers.workbook.course.context": ("CheckContext",),
    "lab_helpers.workbook.session.opening": ("open_lab",),
    "lab_helpers.workbook.session.lab": ("Lab",),
}


def __getattr__(name: str) -> object:
    """Import a name when it is first used: `lab --help` needs none of them."""
    home = next((home for home, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)
