"""`lab drill`: something is lost on purpose, brought back, and the time taken."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab_helpers import files, language
from lab_helpers.cli.judging import speak_to_programs
from lab_helpers.cli.options import Language, ProgressPrinter, valid_name
from lab_helpers.cli.verbs import add
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lab_helpers.drill.markers import Proof
    from lab_helpers.drill.stopwatch import Stopwatch

__all__ = ["app"]

app = typer.Typer(help=_("Lose something on purpose, bring it back, and take the time."), no_args_is_help=True)


@app.callback()
def _drills() -> None:
    """Keep the drill's own name a word to type while there is one of them."""


def rebuild(
    # Not from LAB_NAME: in a learner's room that is the lab they work in.
    name: Annotated[
        str,
        typer.Option(
            "--name", callback=valid_name, help=_("Name of the drill's own lab, which is made, destroyed and rebuilt.")
        ),
    ] = "drill",
    resume: Annotated[
        bool, typer.Option("--resume", help=_("Go on from the backup of a drill that ended halfway."))
    ] = False,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="FILE", help=_("Write it down as JSON, too, in English."))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print it as JSON, in English."))] = False,
    language: Language = None,
) -> None:
    """Lose a cluster that runs production, and rebuild it from the Deploy repository and a backup alone.

    On a cluster of its own, which takes some minutes; yours are not touched. Exit code 0 where all of it is back within
    the 4 hours of the architecture, and what was changed by hand is gone.
    """
    if as_json:
        speak_to_programs()
    from lab_helpers.drill.rebuild import Rebuild
    from lab_helpers.drill.stopwatch import LIMIT_SECONDS, Stopwatch

    drill, began = Rebuild(name, Stopwatch(ProgressPrinter())), datetime.now(UTC)
    proofs = drill.run(resume=resume)
    document = json.dumps(_document(drill.stopwatch, proofs, began), indent=2)
    if as_json:
        print(document)
    else:
        _print(drill.stopwatch, proofs)
    if record is not None:
        files.write(record, f"{document}\n")
    if failed := sum(not proof.holds for proof in proofs):
        reason = _("{count} of {all} proofs do not hold; the backup is kept for another try")
        raise LabError(
            reason.format(count=failed, all=len(proofs)),
            object=_("drill {name}").format(name=name),
            next_step=f"lab drill rebuild --name {name} --resume",
        )
    if drill.stopwatch.recovery_seconds > LIMIT_SECONDS:
        raise LabError(
            _("took longer than the 4 hours of the architecture"),
            object=_("drill {name}").format(name=name),
            next_step=f"lab drill rebuild --name {name}",
        )


def _print(stopwatch: Stopwatch, proofs: Sequence[Proof]) -> None:
    from lab_helpers.drill.stopwatch import LIMIT_SECONDS

    for phase in stopwatch.phases:
        sign = "*" if phase.is_recovery else " "
        print(f"{phase.seconds:8.1f} s {sign} {language.gettext(phase.name)}")
    seconds = stopwatch.recovery_seconds
    share = seconds / LIMIT_SECONDS
    print(_("{seconds:8.1f} s   without the service (*), of 4 hours: {share:.1%}").format(seconds=seconds, share=share))
    for proof in proofs:
        sign = "✓" if proof.holds else "✗"
        print(f"{sign} {language.gettext(proof.name)}" + (f": {proof.evidence}" if proof.evidence else ""))


def _document(stopwatch: Stopwatch, proofs: Sequence[Proof], began: datetime) -> dict[str, object]:
    from dataclasses import asdict

    from lab_helpers.drill.stopwatch import LIMIT_SECONDS

    return {
        "began": f"{began:%Y-%m-%dT%H:%M:%SZ}",
        "recovery_seconds": round(stopwatch.recovery_seconds, 1),
        "limit_seconds": LIMIT_SECONDS,
        "phases": [{**asdict(phase), "seconds": round(phase.seconds, 1)} for phase in stopwatch.phases],
        "proofs": [asdict(proof) for proof in proofs],
    }


add(app, rebuild)
