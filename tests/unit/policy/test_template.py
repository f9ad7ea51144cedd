"""This repository keeps the rules it teaches."""

from __future__ import annotations

from lab_helpers.checkout import source_directory
from lab_helpers.policy import Kind, lint


def test_the_template_is_clean() -> None:
    report = lint([source_directory()])
    assert [f"{finding.rule} {finding.file}:{finding.line}" for finding in report.findings] == []
    assert report.judged[0].kind is Kind.TEMPLATE
    assert report.judged[0].manifests > 10
    assert all(entry.finding.file.startswith("labs/") for entry in report.suppressed)
