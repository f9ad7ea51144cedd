"""A report for people: the findings of each rule together, then what was not judged, then what was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import PurePath

from lab_helpers import language
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop, ngettext
from lab_helpers.policy.finding import Finding, Note, Severity
from lab_helpers.policy.kind import Kind
from lab_helpers.policy.registry import all_rules
from lab_helpers.policy.report import Judged, Report

__all__ = ["lines"]

_SEVERITIES = {
    Severity.ERROR: gettext_noop("error"),
    Severity.WARNING: gettext_noop("warning"),
    Severity.INFO: gettext_noop("for information"),
}
_KINDS = {
    Kind.APP: gettext_noop("an App repository"),
    Kind.DEPLOY: gettext_noop("a Deploy repository"),
    Kind.TEMPLATE: gettext_noop("the template, app/ as App and infra/ as Deploy"),
    Kind.COMBINED: gettext_noop("App and Deploy in one"),
}


def lines(report: Report) -> Iterator[str]:
    """The lines of a report."""
    for (severity, name), findings in groupby(report.findings, key=lambda each: (each.severity, each.rule)):
        rule = all_rules()[name]
        yield f"{language.gettext(_SEVERITIES[severity])}  {name}  {rule.title} (§{rule.section})"
        yield from _of_rule(list(findings))
        yield ""
    yield from map(_note, report.notes)
    yield from map(_judged, report.judged)
    yield _summary(report)


def _of_rule(findings: list[Finding]) -> Iterator[str]:
    rule = all_rules()[findings[0].rule]
    for finding in findings:
        yield f"  {_place(finding)}  " + (f"{finding.object}: " if finding.object else "") + finding.message
        if finding.fix != rule.fix:
            yield "      " + _("fix: {fix}").format(fix=finding.fix)
    yield "    " + _("why: {why}").format(why=rule.why)
    if any(finding.fix == rule.fix for finding in findings):
        yield "    " + _("fix: {fix}").format(fix=rule.fix)


def _place(finding: Finding) -> str:
    path = (PurePath(finding.repository) / finding.file).as_posix()
    return f"{path}:{finding.line}" if finding.line else path


def _note(note: Note) -> str:
    path = (PurePath(note.repository) / note.file).as_posix()
    return _("not judged: {path}: {reason}").format(path=path, reason=note.reason)


def _judged(judged: Judged) -> str:
    files = ngettext("{count} file", "{count} files", judged.files).format(count=judged.files)
    manifests = ngettext("{count} manifest", "{count} manifests", judged.manifests).format(count=judged.manifests)
    template = (
        _("{path}: judged as {kind}, by its looks (--as says otherwise): {files}, {manifests}")
        if judged.is_detected
        else _("{path}: judged as {kind}: {files}, {manifests}")
    )
    kind = language.gettext(_KINDS[judged.kind])
    return template.format(path=judged.path, kind=kind, files=files, manifests=manifests)


def _summary(report: Report) -> str:
    counts = [
        ngettext("{count} error", "{count} errors", report.count(Severity.ERROR)),
        ngettext("{count} warning", "{count} warnings", report.count(Severity.WARNING)),
        ngettext("{count} for information", "{count} for information", report.count(Severity.INFO)),
        ngettext("{count} accepted", "{count} accepted", len(report.suppressed)),
    ]
    numbers = [*map(report.count, Severity), len(report.suppressed)]
    return ", ".join(text.format(count=number) for text, number in zip(counts, numbers, strict=True))
