"""Judge a step by its own stream of requests, by no other step's, and by nothing that the machine did to it."""

from __future__ import annotations

from collections.abc import Sequence

from lab_helpers.errors import CheckFailed
from lab_helpers.language import gettext as _
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.course.context import RequestStream
from lab_helpers.workbook.pictures.observation import RolloutObservation

__all__ = ["end", "judged", "why_paused"]


def judged(watch: RequestStream | None, step: str, again: str) -> RolloutObservation:
    """What a step's stream has seen so far.

    Args:
        watch: The stream that runs, or ran last; None where none does.
        step: The step's id.
        again: How to do the step with a new stream, where this one will not do.

    Raises:
        CheckFailed: None runs for this step, or the one that did has not seen all of it.
    """
    if watch is not None and watch.error is not None:
        raise CheckFailed(
            _("a stream of requests while the step is done"),
            seen=_("one that was lost: {reason}").format(reason=watch.error.reason),
            hint=_("What a stream has not seen to its end proves nothing; a new one does."),
            next_step=again,
        )
    if watch is None or (watch.is_over and watch.judged_by != step):
        ended_with = watch.judged_by if watch is not None else ""
        raise CheckFailed(
            _("a stream of requests while the step is done"),
            seen=_("none; the last one ended with step {step}").format(step=ended_with) if ended_with else _("none"),
            hint=_("lab.watch_rollout() starts it, before the step's commands; a stream ends with its kernel."),
            next_step=again,
        )
    return watch.observation


def end(watch: RequestStream | None, step: str) -> RolloutObservation:
    """Stop a step's stream, and return all that it has seen.

    Args:
        watch: The one that ``judged`` accepted.
        step: The step's id.
    """
    assert watch is not None
    return watch.stop(step)


def why_paused(observation: RolloutObservation, failures: Sequence[Request]) -> str:
    """That the machine paused, where it may be why all of these requests failed; else empty.

    Args:
        observation: What the stream has seen.
        failures: Requests of it that failed.
    """
    pauses = [pause for pause in observation.pauses if all(map(pause.explains, failures))]
    if not pauses:
        return ""
    return _(
        "This machine paused for {seconds:.0f} s while the stream ran, and what failed then says nothing about "
        "the release, nor about what you did. Do the step again, with a new stream."
    ).format(seconds=pauses[0].seconds)
