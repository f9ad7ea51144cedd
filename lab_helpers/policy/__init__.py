"""The architecture's rules on repositories: ``lint`` says where and how one is broken, and what to do about it."""

from __future__ import annotations

from lab_helpers.policy.finding import Finding, Note, Severity
from lab_helpers.policy.kind import Kind
from lab_helpers.policy.linting import lint
from lab_helpers.policy.registry import Rule, Violation, all_rules, rule
from lab_helpers.policy.report import Report
from lab_helpers.policy.repository import Part, Repository

__all__ = [
    "Finding",
    "Kind",
    "Note",
    "Part",
    "Report",
    "Repository",
    "Rule",
    "Severity",
    "Violation",
    "all_rules",
    "lint",
    "rule",
]
