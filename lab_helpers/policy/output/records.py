"""A report as JSON for programs, in English."""

from __future__ import annotations

from dataclasses import asdict

from lab_helpers.policy.finding import Severity
from lab_helpers.policy.report import Report

__all__ = ["record"]


def record(report: Report) -> dict[str, object]:
    """What JSON is made of; ``version`` changes with the form."""
    return {
        "version": 1,
        "summary": {
            **{severity.value: report.count(severity) for severity in Severity},
            "suppressed": len(report.suppressed),
            "notes": len(report.notes),
        },
        "judged": [asdict(judged) for judged in report.judged],
        "findings": [asdict(finding) for finding in report.findings],
        "suppressed": [asdict(entry.finding) | {"reason": entry.reason} for entry in report.suppressed],
        "notes": [asdict(note) for note in report.notes],
    }
