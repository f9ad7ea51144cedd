"""Name what happened during rollouts: a release begins, is Ready, is rolled out, stalls, is undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab_helpers.kube.watch import Outage
from lab_helpers.observe.milestones import Milestone
from lab_helpers.observe.timeline import PodSample
from lab_helpers.observe.traffic import Pause
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.rollout_model import Moment
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["moments"]

_ENDS = {"complete": words.COMPLETE, "stalled": words.STALLED, "deleted": words.DELETED}


def moments(
    milestones: Sequence[Milestone],
    samples: Sequence[PodSample],
    outages: Sequence[Outage] = (),
    pauses: Sequence[Pause] = (),
) -> list[Moment]:
    """What happened since the recording began, oldest first.

    Args:
        milestones: The turning points; the first is the release that was asked for before.
        samples: What became of the pods.
        outages: When the API server did not answer.
        pauses: When the machine stood still.
    """
    gaps = [Moment(one.began, phrase(words.OUTAGE, seconds=one.seconds)) for one in outages]
    gaps += [Moment(one.began, phrase(words.PAUSE, seconds=one.seconds)) for one in pauses]
    return sorted([*_named(milestones, samples), *gaps], key=lambda moment: moment.at)


def _named(milestones: Sequence[Milestone], samples: Sequence[PodSample]) -> Iterator[Moment]:
    known = [milestone.image_tag for milestone in milestones[:1]]
    has_begun = False
    for milestone in milestones[1:]:
        tag = milestone.image_tag
        if milestone.kind == "asked for":
            has_begun = True
            yield Moment(milestone.at, phrase(_beginning(tag, known), version=tag))
            yield from _first_ready(milestone, samples)
            known.append(tag)
        elif has_begun or milestone.kind == "deleted":  # what ends now and began before is told as it was found
            yield Moment(milestone.at, phrase(_ENDS[milestone.kind], version=tag))


def _beginning(tag: str, known: Sequence[str]) -> str:
    if known and tag == known[-1]:
        return words.RESTARTS
    return words.UNDONE if tag in known else words.BEGINS


def _first_ready(begun: Milestone, samples: Sequence[PodSample]) -> Iterator[Moment]:
    """When the first pod of a rollout was Ready, if one ever was; one that stayed from before does not count."""
    new = {sample.pod for sample in samples if sample.at >= begun.at and sample.phase == "pending"}
    for sample in samples:
        if sample.pod in new and sample.phase == "ready" and sample.image_tag == begun.image_tag:
            yield Moment(sample.at, phrase(words.READY, version=begun.image_tag))
            return
