"""What a provider's doctor finds, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

__all__ = ["Finding", "require"]


@dataclass(frozen=True)
class Finding:
    """One thing a provider needs.

    Attributes:
        name: What was looked at.
        ok: Whether it will do.
        seen: What was found.
        next_step: What to type where it will not do.
    """

    name: str
    ok: bool
    seen: str
    next_step: str = ""


def require(findings: Sequence[Finding]) -> None:
    """Go on only when everything needed is there.

    Raises:
        LabError: Something is not; the first such thing.
    """
    for finding in findings:
        if not finding.ok:
            reason = _("will not do: {seen}").format(seen=finding.seen)
            raise LabError(reason, object=finding.name, next_step=finding.next_step)
