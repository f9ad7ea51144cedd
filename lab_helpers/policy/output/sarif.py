"""A report as SARIF 2.1.0, which code scanning on GitHub reads, in English."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from lab_helpers.policy.finding import Finding, Note, Severity
from lab_helpers.policy.registry import Rule, all_rules
from lab_helpers.policy.report import Report, Suppressed

__all__ = ["log"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def log(report: Report, version: str) -> dict[str, Any]:
    """What JSON is made of.

    Args:
        report: The report.
        version: The version of ``lab``.
    """
    results = [*map(_result, report.findings), *map(_suppressed, report.suppressed)]
    run = {
        "tool": {
            "driver": {
                "name": "lab lint",
                "semanticVersion": version,
                "rules": [_rule(rule) for rule in all_rules().values()],
            }
        },
        "invocations": [
            {"executionSuccessful": True, "toolExecutionNotifications": [_notification(note) for note in report.notes]}
        ],
        "results": results,
        "columnKind": "unicodeCodePoints",
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"section": rule.section},
    }


def _result(finding: Finding) -> dict[str, Any]:
    subject = f"{finding.object}: {finding.message}" if finding.object else finding.message
    return {
        "ruleId": finding.rule,
        "ruleIndex": list(all_rules()).index(finding.rule),
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{subject}. {finding.why} {finding.fix}"},
        "locations": [_location(finding.repository, finding.file, finding.line)],
        "partialFingerprints": {"labLint/v1": _digest((finding.rule, finding.file, finding.object, finding.message))},
    }


def _suppressed(entry: Suppressed) -> dict[str, Any]:
    kind = "inSource" if entry.is_inline else "external"
    return _result(entry.finding) | {"suppressions": [{"kind": kind, "justification": entry.reason}]}


def _notification(note: Note) -> dict[str, Any]:
    location = _location(note.repository, note.file, 0)
    return {"level": "note", "message": {"text": f"not judged: {note.reason}"}, "locations": [location]}


def _location(repository: str, file: str, line: int) -> dict[str, Any]:
    uri = quote((PurePath(repository) / file).as_posix())
    place: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    return {"physicalLocation": place | ({"region": {"startLine": line}} if line else {})}


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
