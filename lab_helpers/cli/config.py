"""`lab config`: the configuration of an application, level by level, and what a cluster runs of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from lab_helpers.cli.judging import judging, speak_to_programs
from lab_helpers.cli.options import Language
from lab_helpers.cli.verbs import add
from lab_helpers.language import gettext as _

__all__ = ["app"]

app = typer.Typer(
    help=_("Show what an application is configured with, and where that comes from."), no_args_is_help=True
)


def show(
    application: Annotated[
        str,
        typer.Argument(
            metavar="APP", help=_("The application: as its directory or its Kubernetes objects are called.")
        ),
    ],
    environment: Annotated[
        str, typer.Option("--environment", "-e", help=_("An overlay of the Deploy repository."))
    ] = "staging",
    path: Annotated[
        Path | None,
        typer.Option("--path", help=_("The Deploy repository, or what holds it as infra; by default the one here.")),
    ] = None,
    context: Annotated[
        str | None, typer.Option("--context", help=_("Kubeconfig context; by default the current one."))
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help=_("Ask no cluster."))] = False,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print it as JSON, in English."))] = False,
    language: Language = None,
) -> None:
    """Show each variable of an application: its value, the level that sets it, the file, and what the cluster runs.

    Four levels, the later before the earlier: 1 base, 2 overlay, 3 Helm values, 4 secret. Helm values count where the
    cluster says that Helm deployed it, and where no cluster is asked, if they differ from the levels below. The values
    of secrets are compared and never shown.

    Exit code 0 where all is well, 1 where a variable is missing, unknown, or runs with another value, 2 where it could
    not be told.
    """
    if as_json:
        speak_to_programs()
    from lab_helpers.configuration import places, survey, words

    with judging():
        options = None if offline else ["--context", context] if context else []
        surveyed = survey(places.find(application, environment, path), options)
    if as_json:
        print(json.dumps(words.record(surveyed), indent=2, ensure_ascii=False))
    else:
        print("\n".join(words.lines(surveyed)))
    raise typer.Exit(int(any(row.findings for row in surveyed.rows)))


add(app, show)
