"""`lab template`: which template a repository came from, and what has changed in it since."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab_helpers.cli.options import Language
from lab_helpers.cli.verbs import add
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from lab_helpers.workbook.learner.derivation import Derivation

__all__ = ["app"]

app = typer.Typer(help=_("Compare a repository with the template that it came from."), no_args_is_help=True)

RepositoryPath = Annotated[
    Path, typer.Argument(metavar="PATH", help=_("The repository; by default the current directory."))
]


def status(path: RepositoryPath = Path(), language: Language = None) -> None:
    """Say which template and version a repository came from, and what changed since: there, here, and in both."""
    from lab_helpers.workbook.learner.derivation import derivation

    print("\n".join(_lines(derivation(path.absolute()))))


def diff(path: RepositoryPath = Path(), language: Language = None) -> None:
    """Print what the template changed since a repository came from it, for `git apply --3way`."""
    from lab_helpers.workbook.learner.derivation import derivation

    derived = derivation(path.absolute())
    if derived.template_changes:
        print(derived.patch(), end="")
    else:
        print(_unchanged(), file=sys.stderr)


def _lines(derived: Derivation) -> Iterable[str]:
    from lab_helpers import versions
    from lab_helpers.workbook.learner import changelog

    origin = derived.stamp
    yield _("from {part} of {template} {version}, which is at {current} now").format(
        part=f"{origin.part} {derived.release}".strip(),
        template=origin.template,
        version=origin.version,
        current=versions.TEMPLATE,
    )
    yield from changelog.since(origin.version)
    yield from _listed(_("the template changed since:"), derived.template_changes) or [_unchanged()]
    yield from _listed(_("you changed:"), derived.own_changes)
    yield from _listed(_("both changed, and it does not merge:"), dict.fromkeys(derived.conflicts, "C"))
    if derived.template_changes:
        yield _("next: {command}").format(command="lab template diff | git apply --3way")


def _listed(heading: str, changes: Mapping[str, str]) -> list[str]:
    return [heading, *(f"  {letter} {path}" for path, letter in changes.items())] if changes else []


def _unchanged() -> str:
    return _("the template has not changed these files since")


add(app, status)
add(app, diff)
