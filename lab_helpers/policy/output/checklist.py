"""A checklist for people, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path, PurePath

from lab_helpers import language
from lab_helpers.language import gettext as _
from lab_helpers.language import ngettext
from lab_helpers.policy.checklists import Point, State, Verdict, titles

__all__ = ["lines", "record"]

_MARKS = {State.TICKED: "✓", State.OPEN: "✗", State.NOT_NEEDED: "–"}


def lines(checklist: str, subject: Path | str, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """The lines of a checklist: each box with its evidence, and with what to do about what is open.

    Args:
        checklist: Its name.
        subject: The repository, or what the cluster is called.
        verdicts: How it stands with each box.
    """
    yield f"{subject}: {language.gettext(titles()[checklist])}"
    for verdict in verdicts:
        yield f"{_MARKS[verdict.state]} {verdict.title} (§{verdict.section})"
        for point in verdict.points:
            yield f"    {_MARKS[point.state]} {point.statement}{_evidence(point, subject)}"
            if point.next_step:
                yield "        " + _("next: {step}").format(step=point.next_step)
    still_open = sum(verdict.state is State.OPEN for verdict in verdicts)
    yield (
        ngettext("{count} box of {all} is open", "{count} boxes of {all} are open", still_open).format(
            count=still_open, all=len(verdicts)
        )
        if still_open
        else _("all boxes are ticked")
    )


def record(checklist: str, subject: Path | str, verdicts: Sequence[Verdict]) -> dict[str, object]:
    """What JSON is made of; ``version`` changes with the form."""
    return {
        "version": 1,
        "checklist": checklist,
        ("path" if isinstance(subject, Path) else "cluster"): str(subject),
        "open": sum(verdict.state is State.OPEN for verdict in verdicts),
        "boxes": [
            {
                "box": verdict.box,
                "title": verdict.title,
                "section": verdict.section,
                "state": verdict.state,
                "points": [asdict(point) for point in verdict.points],
            }
            for verdict in verdicts
        ],
    }


def _evidence(point: Point, subject: Path | str) -> str:
    if point.place is None:
        return ""
    file = point.place.file
    place = (PurePath(subject) / file).as_posix() if isinstance(subject, Path) else file
    line = f":{point.place.line}" if point.place.line else ""
    return f"\n        {place}{line}" + (f"  {point.place.text}" if point.place.text else "")
