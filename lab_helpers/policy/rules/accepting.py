"""What somebody accepts is accepted for a reason that others can read, and no longer than it is there."""

from __future__ import annotations

from collections.abc import Iterable

from lab_helpers.language import gettext_noop
from lab_helpers.policy.finding import Severity
from lab_helpers.policy.kind import Kind
from lab_helpers.policy.registry import Violation, rule
from lab_helpers.policy.repository import Part

__all__ = ["UNEXPLAINED", "UNUSED"]

UNEXPLAINED = "suppression-reason"
UNUSED = "suppression-unused"


@rule(
    UNEXPLAINED,
    section="1.3",
    kinds=Kind,
    title=gettext_noop("An exception says why"),
    why=gettext_noop("What only one person knows is lost with them, and nobody else dares to take the exception back."),
    fix=gettext_noop(
        "Write the reason behind it: `# lab-lint: ignore[rule] reason`, or `reason = …` in .lab-lint.toml."
    ),
)
def unexplained(_part: Part) -> Iterable[Violation]:
    """Suppressions without a reason; those are known once all other rules have judged."""
    return ()


@rule(
    UNUSED,
    section="1.3",
    kinds=Kind,
    severity=Severity.WARNING,
    title=gettext_noop("An exception goes with what it excused"),
    why=gettext_noop("An exception that excuses nothing will silently excuse the next mistake in its place."),
    fix=gettext_noop("Delete it, or mend the rule's name or the path in it."),
)
def unused(_part: Part) -> Iterable[Violation]:
    """Suppressions of nothing; those are known once all other rules have judged."""
    return ()
