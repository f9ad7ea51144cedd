"""What a lab may be called, and what it is called by default."""

from __future__ import annotations

import re

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["DEFAULT_NAME", "check_name"]

DEFAULT_NAME = "lab"
"""The name of a lab that nobody gives another."""

_NAME = re.compile(r"[a-z]([a-z0-9-]{0,28}[a-z0-9])?")


def check_name(name: str) -> str:
    """Return the name if a lab may be called so.

    Raises:
        LabError: It may not: a name becomes part of paths, node names and Kubernetes labels.
    """
    if not _NAME.fullmatch(name):
        raise LabError(
            _("a lab's name is 1 to 30 lower-case letters, digits and dashes, and starts with a letter"),
            object=repr(name),
            next_step="--name my-lab",
        )
    return name
