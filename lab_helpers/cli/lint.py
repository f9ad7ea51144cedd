"""`lab lint`: where a repository breaks the architecture's rules, why that hurts, and what to do about it."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab_helpers.cli.judging import judging, speak_to_programs
from lab_helpers.cli.options import Language
from lab_helpers.language import gettext as _
from lab_helpers.language import pad

if TYPE_CHECKING:
    from lab_helpers.policy import Report

__all__ = ["lint"]


class RepositoryKind(StrEnum):
    """What ``--as`` takes."""

    APP = "app"
    DEPLOY = "deploy"
    TEMPLATE = "template"


class Format(StrEnum):
    """What ``--format`` takes."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


def lint(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH...", help=_("Repositories, or files in one; by default this directory.")),
    ] = None,
    kind: Annotated[
        RepositoryKind | None, typer.Option("--as", help=_("What they are; by default what each looks like."))
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help=_("How to print what is wrong."))] = Format.TEXT,
    rules: Annotated[bool, typer.Option("--rules", help=_("List the rules instead."))] = False,
    language: Language = None,
) -> None:
    """Say where repositories break the architecture's rules.

    Exit code 0 where nothing is wrong, 1 where something is, 2 where it could not be judged.
    """
    if format_ is not Format.TEXT:
        speak_to_programs()
    if rules:
        _print_rules()
        return
    from lab_helpers import policy

    with judging():
        report = policy.lint(paths or [Path()], policy.Kind(kind.value) if kind else None)
    _print(report, format_)
    raise typer.Exit(report.exit_code)


def _print(report: Report, format_: Format) -> None:
    from lab_helpers.policy.output import records, sarif, text

    match format_:
        case Format.TEXT:
            print("\n".join(text.lines(report)))
        case Format.JSON:
            print(json.dumps(records.record(report), indent=2, ensure_ascii=False))
        case Format.SARIF:
            from importlib.metadata import version

            print(json.dumps(sarif.log(report, version("kubernetes-lab")), indent=2, ensure_ascii=False))


def _print_rules() -> None:
    from lab_helpers.policy import all_rules

    for rule in all_rules().values():
        kinds = ", ".join(sorted(rule.kinds & {kind.value for kind in RepositoryKind}))
        print(f"{pad(rule.id, 26)}§{pad(rule.section, 5)}{pad(rule.severity, 9)}{pad(kinds, 22)}{rule.title}")
