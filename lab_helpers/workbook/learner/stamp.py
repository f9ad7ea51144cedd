"""Which template a repository came from, and in which version: the file that it carries."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from lab_helpers import schema
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.schema import Form

__all__ = ["FILE", "TEMPLATE", "Stamp", "read", "version_in"]

FILE = ".template.toml"
TEMPLATE = "k8s-architecture-lab"
"""What this template is called."""

_VERSION = Form(r"\d+\.\d+\.\d+", gettext_noop("a version, as in 1.2.3"))
_PART = Form(r"infra|app/\w+", gettext_noop("a part of the template, as in app/prj_99"))
_LINE = re.compile(r'^version *= *"([^"]*)"$', re.MULTILINE)


@dataclass(frozen=True)
class Stamp:
    """What a repository says of where it came from.

    Attributes:
        template: The template's name.
        version: Its version then.
        part: Which part of it, as a path below the checkout.
    """

    template: str
    version: Annotated[str, _VERSION]
    part: Annotated[str, _PART]


def read(repository: Path) -> Stamp:
    """The stamp of a repository.

    Raises:
        LabError: It has none, one that cannot be read, or one of another template.
    """
    file = repository / FILE
    if not file.exists():
        reason = _("has no {file}, so that it cannot be told which template it came from").format(file=FILE)
        raise LabError(reason, object=str(repository), next_step=f"ls -A {repository}")
    try:
        stamp = schema.read(Stamp, file)
    except LabError as error:
        raise LabError(error.reason, object=error.object, next_step=error.next_step or f"cat {file}") from error
    if stamp.template != TEMPLATE:
        reason = _("came from another template, {template}; this lab knows {known}")
        reason = reason.format(template=stamp.template, known=TEMPLATE)
        raise LabError(reason, object=str(repository), next_step=f"cat {file}")
    return stamp


def version_in(text: str) -> str:
    """The version that the text of a stamp says; empty where it says none."""
    match = _LINE.search(text)
    return match[1] if match else ""
