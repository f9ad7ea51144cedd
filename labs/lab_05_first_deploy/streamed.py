"""What a stream of requests must show of a release: sent after its commit, seen from the start, and no request lost."""

from __future__ import annotations

import time
from collections.abc import Sequence

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.learner.committed import Committed, Uncommitted
from lab_helpers.workbook.pictures.observation import RolloutObservation
from labs.lab_05_first_deploy import explaining, overlay, prj_02

__all__ = [
    "expect_committed_first",
    "expect_none_failed",
    "expect_only",
    "expect_seen_from_the_start",
    "from_the_release_before",
    "right_after",
    "right_and_wrong",
    "rollback_seconds",
    "sent_since",
]


def expect_committed_first(lab: CheckContext, observation: RolloutObservation, tag: str) -> Committed:
    """Make sure that Git said what should run before it ran."""
    sent_at = observation.sent_at(tag)
    try:
        commit = overlay.expect_git(lab, tag)
    except Uncommitted as failure:
        if sent_at is not None:  # a commit alone would come after the apply
            failure.next_step = _("`{command}`, and then the apply once more, after it. {again}").format(
                command=failure.next_step, again=from_the_release_before()
            )
        raise
    if sent_at is not None and commit.at > sent_at:
        raise CheckFailed(
            _("the commit first, then the apply"),
            seen=_("committed at {committed}, applied at {applied}").format(
                committed=_clock(commit.at), applied=_clock(sent_at)
            ),
            hint=_(
                "In between the cluster ran what no commit said: had somebody else applied what is in Git, your "
                "release would have been gone, and nobody could have said why."
            ),
            next_step=from_the_release_before(),
        )
    return commit


def expect_seen_from_the_start(observation: RolloutObservation, tag: str) -> float:
    """When the release was sent, which the stream must have seen."""
    sent_at = observation.sent_at(tag)
    if sent_at is None:
        raise CheckFailed(
            _("a stream of requests from before {tag} was sent").format(tag=tag),
            seen=_("one that began after it"),
            hint=_("The watch must begin first."),
            next_step=from_the_release_before(),
        )
    return sent_at


def expect_none_failed(observation: RolloutObservation, since: float = 0.0) -> None:
    """Make sure that no request has failed since a moment of the stream."""
    failures = [request for request in observation.failures if request.at >= since]
    if not failures:
        return
    first = failures[0]
    raise CheckFailed(
        _("no request to fail"),
        seen=_("{count} of {all} requests failed, first: {error}").format(
            count=len(failures), all=len(sent_since(observation, since)), error=first.error or first.status
        ),
        hint=explaining.why_requests_failed(observation, failures),
        evidence={
            gettext_noop("without a Ready pod"): _("{seconds:.1f} s").format(
                seconds=observation.seconds_without_ready_pod
            )
        },
        next_step=from_the_release_before(),
    )


def expect_only(observation: RolloutObservation, tag: str, since: float) -> None:
    """Make sure that one release alone has answered since a moment of the stream."""
    others = {request.version for request in sent_since(observation, since)} - {tag}
    if others:
        raise CheckFailed(
            _("every answer by {tag}").format(tag=tag),
            seen=_("answers by {others}").format(others=", ".join(others)),
            hint=_("What was sent?"),
        )


def sent_since(observation: RolloutObservation, since: float) -> list[Request]:
    """The requests of this drill, where the stream had begun earlier."""
    return [request for request in observation.requests if request.at >= since]


def rollback_seconds(wrong: Request, observation: RolloutObservation) -> float:
    """From the first way back that was tried to the last wrong answer; the machine's own pauses do not count."""
    began = observation.left_at("v1.3.0")
    began = observation.asked_for[-1].at if began is None else began
    paused = sum(pause.seconds for pause in observation.pauses if began <= pause.began and pause.ended <= wrong.at)
    return wrong.at - began - paused


def right_and_wrong(requests: Sequence[Request]) -> tuple[list[Request], list[Request]]:
    """The requests with right answers, and those with wrong ones."""
    answered = [request for request in requests if request.ok]
    right = [request for request in answered if prj_02.is_right(request)]
    return right, [request for request in answered if not prj_02.is_right(request)]


def right_after(observation: RolloutObservation, last_wrong: Request) -> list[Request]:
    """The requests with right answers after the last wrong one."""
    right, _wrong = right_and_wrong(observation.requests)
    return [request for request in right if request.at > last_wrong.at]


def from_the_release_before() -> str:
    """What to do again where the stream has missed the beginning."""
    # The watch alone would see nothing: what was sent is there, and applying it once more changes nothing.
    return _("Set newTag to the release before, apply it, run `lab.watch_rollout()`, then the step's commands again.")


def _clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))
