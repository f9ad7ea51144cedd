"""The outcome of a lint: what was found, what was not judged, and what was looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from lab_helpers.policy.finding import Finding, Note, Severity
from lab_helpers.policy.kind import Kind

__all__ = ["Judged", "Report", "Suppressed"]


@dataclass(frozen=True)
class Judged:
    """A repository that was looked at.

    Attributes:
        path: As it was given.
        kind: What it was judged as.
        is_detected: Whether nobody said what it is.
        files: How many files were read.
        manifests: How many of them hold Kubernetes objects.
    """

    path: str
    kind: Kind
    is_detected: bool
    files: int
    manifests: int


@dataclass(frozen=True)
class Suppressed:
    """A finding that somebody accepted.

    Attributes:
        finding: What was accepted.
        reason: Why.
        is_inline: Whether that stands in the file itself.
    """

    finding: Finding
    reason: str
    is_inline: bool


@dataclass(frozen=True)
class Report:
    """What a lint says.

    Attributes:
        findings: What is wrong, the weightiest first, then by rule, file and line.
        suppressed: What is wrong, too, and was accepted with a reason.
        notes: What was not judged.
        judged: What was looked at.
    """

    findings: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    notes: tuple[Note, ...]
    judged: tuple[Judged, ...]

    def count(self, severity: Severity) -> int:
        """How many findings of a severity there are."""
        return Counter(finding.severity for finding in self.findings)[severity]

    @property
    def exit_code(self) -> int:
        """0 where nothing is wrong, 1 where something is; what is for information does not count."""
        return int(any(finding.severity is not Severity.INFO for finding in self.findings))
