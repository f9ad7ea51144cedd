"""What proves step 7.7: the record of a drill, in which a lost cluster came back from Git and a backup alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from lab_helpers import CheckContext, CheckFailed, Evidence, check, language
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner.manifests import read_text
from lab_helpers.workbook.pictures.picture import RebuildPhase, rebuild_picture

__all__ = ["cluster_rebuilt"]

_RECORD = "drill.json"
_DRILL = f"lab drill rebuild --record {_RECORD}"


@dataclass(frozen=True)
class _Drill:
    """What a drill has written down.

    Attributes:
        began: When, as in ``2026-11-29T16:00:00Z``.
        phases: What it did, in order.
        failed: The proofs that do not hold, each with what was seen.
        proven: How many hold.
        limit_seconds: In which all of it has to be back.
    """

    began: str
    phases: tuple[RebuildPhase, ...]
    failed: tuple[str, ...]
    proven: int
    limit_seconds: float

    @property
    def recovery_seconds(self) -> float:
        return sum(phase.seconds for phase in self.phases if phase.is_recovery)


@check("7.7")
def cluster_rebuilt(lab: CheckContext) -> Evidence:
    """A cluster that ran production was destroyed, and Git and a backup alone brought it back within four hours."""
    drill = _drill(lab)
    _expect_of_today(lab, drill)
    _expect_proven(drill)
    hours = drill.limit_seconds / 3600
    if drill.recovery_seconds > drill.limit_seconds:
        raise CheckFailed(
            _("all of it back within {hours:g} hours").format(hours=hours),
            seen=_("after {hours:.1f} hours").format(hours=drill.recovery_seconds / 3600),
            hint=_("The longest phase is where to begin: what could be ready before the loss?"),
            next_step=f"cat {_RECORD}",
        )
    return Evidence(
        began=drill.began,
        without_service=f"{drill.recovery_seconds:.0f} s",
        proofs=drill.proven,
        breakdown=rebuild_picture(drill.phases, drill.limit_seconds),
    )


def _drill(lab: CheckContext) -> _Drill:
    if not (lab.workspace / _RECORD).is_file():
        raise CheckFailed(
            _("the record of a drill, {file}").format(file=_RECORD),
            seen=_("none"),
            hint=_(
                "Whether a cluster can be rebuilt is known by whoever has rebuilt one. A drill loses one of its own."
            ),
            next_step=_DRILL,
        )
    try:
        return _read(json.loads(read_text(lab.workspace, _RECORD)))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise CheckFailed(
            _("the record of a drill that came to its end"),
            seen=_("no record: it ended halfway, or somebody has changed the file"),
            hint=_("A drill that ends halfway says so, keeps its backup, and goes on from there with --resume."),
            next_step=f"{_DRILL} --resume",
        ) from error


def _read(record: dict[str, Any]) -> _Drill:
    phases = tuple(
        RebuildPhase(str(phase["name"]), float(phase["seconds"]), bool(phase["is_recovery"]))
        for phase in record["phases"]
    )
    failed = tuple(str(proof["name"]) for proof in record["proofs"] if not proof["holds"])
    proven = len(record["proofs"]) - len(failed)
    if not phases or not record["proofs"]:
        raise ValueError("nothing was done, or nothing proven")
    return _Drill(str(record["began"]), phases, failed, proven, float(record["limit_seconds"]))


def _expect_of_today(lab: CheckContext, drill: _Drill) -> None:
    """Make sure that the drill belongs to this beginning of the notebook, not to one that somebody has kept."""
    namespace = lab.client.get("namespace", "prj-02")
    if namespace is None or drill.began < namespace["metadata"]["creationTimestamp"]:
        raise CheckFailed(
            _("a drill since you began"),
            seen=_("one of before"),
            hint=_(
                "What could be rebuilt then was another repository, by other scripts. Only a drill of now says what "
                "can be rebuilt now, and so it is made again and again."
            ),
            next_step=_DRILL,
        )


def _expect_proven(drill: _Drill) -> None:
    if drill.failed:
        raise CheckFailed(
            _("every proof of the drill holding"),
            seen=_("not so: {proofs}").format(proofs=", ".join(map(language.gettext, drill.failed))),
            hint=_(
                "The rebuilt cluster answers, and is not the one that was lost. What is missing was in the backup, or "
                "it was not; what is there and should not be, nobody has written down in Git."
            ),
            next_step=f"{_DRILL} --resume",
        )
