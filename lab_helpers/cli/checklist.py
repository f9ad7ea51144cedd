"""`lab checklist`: the boxes of an architecture's checklist, ticked or open by the evidence of a repository."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from lab_helpers.cli.judging import Unjudged, judging, speak_to_programs
from lab_helpers.cli.options import Language
from lab_helpers.language import gettext as _

__all__ = ["checklist"]


def checklist(
    name: Annotated[str, typer.Argument(metavar="LIST", help=_("The checklist: app, of an App repository."))],
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help=_("The repository; by default this directory."))
    ] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help=_("Print it as JSON, in English."))] = False,
    language: Language = None,
) -> None:
    """Tick the boxes of a checklist (appendix E) by the evidence that a repository holds.

    Exit code 0 where no box is open, 1 where one is, 2 where it could not be judged. What could not be told is open.
    """
    if as_json:
        speak_to_programs()
    from lab_helpers.policy.checklists import CHECKLISTS, State, judge
    from lab_helpers.policy.output.checklist import lines, record

    if name not in CHECKLISTS:
        reason = _("is no checklist; there are {known}").format(known=", ".join(CHECKLISTS))
        raise Unjudged(
            reason, object=name, next_step=shlex.join(["lab", "checklist", next(iter(CHECKLISTS)), str(path)])
        )
    chosen = CHECKLISTS[name]
    with judging():
        verdicts = judge(chosen, path)
    if as_json:
        print(json.dumps(record(chosen, path, verdicts), indent=2, ensure_ascii=False))
    else:
        print("\n".join(lines(chosen, path, verdicts)))
    raise typer.Exit(int(any(verdict.state is State.OPEN for verdict in verdicts)))
