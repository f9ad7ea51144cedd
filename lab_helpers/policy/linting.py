"""Judge repositories by all rules, each place once, with what somebody accepted set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.policy import accepting, suppressions
from lab_helpers.policy.files import real_path
from lab_helpers.policy.finding import Finding, Severity
from lab_helpers.policy.kind import Kind, is_manifest
from lab_helpers.policy.registry import all_rules
from lab_helpers.policy.report import Judged, Report
from lab_helpers.policy.repository import Repository
from lab_helpers.policy.suppressions import inline

__all__ = ["lint"]

_WEIGHTS = tuple(Severity)


def lint(paths: Sequence[Path], kind: Kind | None = None) -> Report:
    """Judge repositories.

    Args:
        paths: Directories, each a repository, or files, which are judged in their repositories; what lies in another
            one of them is judged with it.
        kind: What they are judged as; by default what each looks like.

    Raises:
        LabError: A path cannot be read, or holds nothing to judge.
    """
    outermost = [path for path in _distinct(paths) if not any(_is_inside(path, other) for other in paths)]
    reports = [_lint(path, kind) for path in outermost]
    return Report(
        tuple(sorted((finding for report in reports for finding in report.findings), key=_order)),
        tuple(entry for report in reports for entry in report.suppressed),
        tuple(note for report in reports for note in report.notes),
        tuple(judged for report in reports for judged in report.judged),
    )


def _distinct(paths: Sequence[Path]) -> list[Path]:
    """The paths without those that name a place again."""
    places: dict[Path, Path] = {}
    for path in paths:
        places.setdefault(real_path(path), path)
    return list(places.values())


def _is_inside(path: Path, other: Path) -> bool:
    return real_path(path) != real_path(other) and real_path(path).is_relative_to(real_path(other))


def _lint(path: Path, kind: Kind | None) -> Report:
    if not path.exists():
        raise LabError(_("there is no such file or directory"), object=str(path), next_step="lab lint .")
    if path.is_dir():
        return _judge(Repository(path, kind))
    if not path.is_file():
        raise LabError(_("a pipe, a socket or a device"), object=str(path), next_step="lab lint .")
    repository = Repository(_repository_of(path), kind)
    name = path.resolve().relative_to(repository.root.resolve()).as_posix()
    if name not in {file.path for file in repository.listing.files}:
        reason = next((note.reason for note in repository.notes() if note.file == name), "")
        reason = reason or _("is not among the files that are judged")
        raise LabError(reason, object=str(path), next_step=f"lab lint {repository.root}")
    return _of_file(_judge(repository), name)


def _of_file(report: Report, name: str) -> Report:
    return Report(
        tuple(finding for finding in report.findings if finding.file == name),
        tuple(entry for entry in report.suppressed if entry.finding.file == name),
        tuple(note for note in report.notes if note.file == name),
        report.judged,
    )


def _repository_of(file: Path) -> Path:
    """The directory that a file is judged in: that of its Git repository, else its own."""
    parents = file.absolute().parents
    return next((place for place in parents if (place / ".git").exists()), parents[0])


def _judge(repository: Repository) -> Report:
    files, name = repository.listing.files, str(repository.root)
    findings = (
        finding for part in repository.parts for rule in all_rules().values() for finding in rule.findings(part)
    )
    accepted = suppressions.of_file(repository.root)
    accepted += (each for part in repository.parts if part.kind is not Kind.REST for each in inline(part.files))
    remaining, suppressed = accepting.apply(dict.fromkeys(findings), accepted)
    return Report(
        tuple(replace(finding, repository=name) for finding in remaining),
        tuple(replace(entry, finding=replace(entry.finding, repository=name)) for entry in suppressed),
        tuple(replace(note, repository=name) for note in dict.fromkeys(repository.notes())),
        (Judged(name, repository.kind, repository.is_detected, len(files), sum(map(is_manifest, files))),),
    )


def _order(finding: Finding) -> tuple[int, str, str, str, int]:
    return _WEIGHTS.index(finding.severity), finding.rule, finding.repository, finding.file, finding.line
