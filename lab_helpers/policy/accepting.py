"""Set aside the findings that somebody accepted, and find fault with suppressions that say no reason or fit nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lab_helpers.language import gettext as _
from lab_helpers.policy.finding import Finding
from lab_helpers.policy.registry import Violation, all_rules
from lab_helpers.policy.report import Suppressed
from lab_helpers.policy.rules.accepting import UNEXPLAINED, UNUSED
from lab_helpers.policy.suppressions import FILE, Suppression
from lab_helpers.schema import nearest

__all__ = ["apply"]


def apply(findings: Iterable[Finding], suppressions: Sequence[Suppression]) -> tuple[list[Finding], list[Suppressed]]:
    """What remains, and what is set aside; a suppression without a reason sets nothing aside.

    Args:
        findings: What the rules say.
        suppressions: What somebody accepted.
    """
    explained = [suppression for suppression in suppressions if suppression.reason]
    remaining: list[Finding] = []
    suppressed: list[Suppressed] = []
    for finding in findings:
        suppression = next((each for each in explained if each.covers(finding)), None)
        if suppression is None:
            remaining.append(finding)
        else:
            suppressed.append(Suppressed(finding, suppression.reason, suppression.file != FILE))
    covered = [entry.finding for entry in suppressed]
    remaining += (finding for each in suppressions for finding in _faults(each, covered))
    return remaining, suppressed


def _faults(suppression: Suppression, covered: Sequence[Finding]) -> Iterator[Finding]:
    """What is wrong with a suppression; that of nothing is told by each of its rules."""
    place, rules = (suppression.file, suppression.line), all_rules()
    if not suppression.reason:
        names = ", ".join(suppression.rules)
        yield rules[UNEXPLAINED].finding(Violation(*place, _("says no reason, so it excuses nothing"), names))
        return
    for name in suppression.rules or ("",):
        if name not in rules:
            message = _("there is no such rule; did you mean {rule}?").format(rule=nearest(name, rules))
        elif any(finding.rule == name and suppression.covers(finding) for finding in covered):
            continue
        else:
            message = _("excuses nothing: that rule finds no fault there")
        yield rules[UNUSED].finding(Violation(*place, message, name or "ignore[]"))
