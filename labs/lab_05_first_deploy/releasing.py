"""What proves steps 5.3 to 5.6: a good release, two bad ones, and the way back, each under a stream of requests."""

from __future__ import annotations

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.kube.diagnose import explain_pod
from lab_helpers.language import gettext as _
from lab_helpers.observe import rollout
from lab_helpers.observe.timeline import image_tag, phase_of
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.course.streams import end, judged
from lab_helpers.workbook.pictures.observation import RolloutObservation
from labs.lab_05_first_deploy import explaining, overlay, prj_02, release, streamed

__all__ = ["replaced_without_a_loss", "rolled_back", "stopped_at_its_deadline", "wrong_answers_arrived"]

_STOP_SIGNAL_SECONDS = 30 * 60  # the architecture, section 5.3: a rollback that takes longer is a reason to stop
_ENOUGH = 10  # requests: half a second of the stream


@check("5.3", seconds=60)
def replaced_without_a_loss(lab: CheckContext) -> Evidence:
    """v1.1.0 took over under a steady stream of requests, and none failed."""
    observation = _watched(lab, "5.3", _again(lab, "v1.1.0"))
    release.expect_release(lab, "v1.1.0")
    commit = streamed.expect_committed_first(lab, observation, "v1.1.0")
    pods = release.rolled_out(lab, "v1.1.0")
    _expect_gone(lab, "v1.0.0")
    streamed.expect_none_failed(observation)
    before, after = observation.answered_by("v1.0.0"), observation.answered_by("v1.1.0")
    if not before:
        raise CheckFailed(
            _("requests answered by v1.0.0 before the rollout"),
            seen=_("none"),
            hint=_("The watch must begin first."),
            next_step=streamed.from_the_release_before(),
        )
    if len(after) < _ENOUGH:
        raise Unsettled(_("requests answered by v1.1.0"), seen=f"{len(after)}", hint=_("Is it behind the Service?"))
    observation = end(lab.watch, "5.3")
    streamed.expect_none_failed(observation)
    before, after = observation.answered_by("v1.0.0"), observation.answered_by("v1.1.0")
    return Evidence(
        requests=len(observation.requests),
        failed=0,
        answered_by_the_old=len(before),
        answered_by_the_new=len(after),
        both_at_once=_("{seconds:.1f} s").format(seconds=before[-1].at - after[0].at),
        pods=", ".join(pod["metadata"]["name"] for pod in pods),
        Git=str(commit),
    )


@check("5.4", seconds=40)
def stopped_at_its_deadline(lab: CheckContext) -> Evidence:
    """v1.2.0 never got Ready and was stopped at its deadline, while v1.1.0 kept serving."""
    observation = _watched(lab, "5.4", _again(lab, "v1.2.0"))
    _expect_sent(lab, "v1.2.0")
    commit = streamed.expect_committed_first(lab, observation, "v1.2.0")
    since = streamed.expect_seen_from_the_start(observation, "v1.2.0")
    status = rollout.status(lab.client, prj_02.NAME, prj_02.NAMESPACE)
    if not status.is_stalled:
        raise Unsettled(
            _("the rollout to be called off"),
            seen=status.message,
            hint=_("It takes progressDeadlineSeconds, 15 in staging."),
        )
    pods = prj_02.pods(lab)
    new = next(pod for pod in pods if image_tag(pod) == "v1.2.0")
    name = new["metadata"]["name"]
    streamed.expect_none_failed(observation, since)
    observation = end(lab.watch, "5.4")
    streamed.expect_none_failed(observation, since)
    streamed.expect_only(observation, "v1.1.0", since)
    return Evidence(
        rollout=status.message,
        new_pod=explain_pod(new, lab.client.events(prj_02.NAMESPACE, f"pod/{name}")),
        still_Ready=sum(phase_of(pod) == "ready" and image_tag(pod) == "v1.1.0" for pod in pods),
        requests=len(streamed.sent_since(observation, since)),
        failed=0,
        answered_by=_("v1.1.0 only"),
        Git=str(commit),
    )


@check("5.5", seconds=60)
def wrong_answers_arrived(lab: CheckContext) -> Evidence:
    """v1.3.0 is Ready, rolled out, and answers wrongly."""
    observation = _watched(lab, "5.5", _again(lab, "v1.3.0"))
    pods = release.rolled_out(lab, "v1.3.0")
    right, wrong = streamed.right_and_wrong(observation.requests)
    if len(wrong) < _ENOUGH:
        raise Unsettled(
            _("wrong answers"),
            seen=_("{count} of {all}").format(count=len(wrong), all=len(observation.requests)),
            hint=_("Is v1.3.0 behind the Service?"),
        )
    if not right:
        raise CheckFailed(
            _("a right answer before the first wrong one"),
            seen=_("none"),
            hint=_("The watch must begin first."),
            next_step=streamed.from_the_release_before(),
        )
    commit = streamed.expect_committed_first(lab, observation, "v1.3.0")
    return Evidence(
        Kubernetes_says=_("rolled out, {count} pods Ready").format(count=len(pods)),
        failed_requests=len(observation.failures),
        before=_priced(lab, right[0]),
        now=_priced(lab, wrong[-1]),
        wrong_answers=len(wrong),
        Git=str(commit),
    )


@check("5.6", seconds=60)
def rolled_back(lab: CheckContext) -> Evidence:
    """Rolled back: wrong before, right after, nothing of v1.3.0 left, and Git says so too."""
    observation = _watched(lab, "5.6", _again_from_the_bad_release())
    _expect_undone(lab, "v1.3.0", "v1.1.0")
    release.expect_release(lab, "v1.1.0")
    commit = overlay.expect_git(lab, "v1.1.0")
    pods = release.rolled_out(lab, "v1.1.0")
    _expect_gone(lab, "v1.3.0")
    _right, wrong = streamed.right_and_wrong(observation.requests)
    if not wrong:
        raise CheckFailed(
            _("wrong answers before the rollback"),
            seen=_("none"),
            hint=_("Step 5.5 comes first."),
            next_step=_again_from_the_bad_release(),
        )
    if len(streamed.right_after(observation, wrong[-1])) < _ENOUGH:
        raise Unsettled(_("right answers again"), seen=_("not yet"), hint=_("Which release is behind the Service?"))
    observation = end(lab.watch, "5.6")
    streamed.expect_none_failed(observation)
    took = streamed.rollback_seconds(wrong[-1], observation)
    if took > _STOP_SIGNAL_SECONDS:
        raise CheckFailed(
            _("a rollback within 30 minutes"),
            seen=_("{minutes:.0f} minutes").format(minutes=took / 60),
            hint=_("What took so long?"),
        )
    return Evidence(
        before=_priced(lab, wrong[-1]),
        after=_priced(lab, observation.requests[-1]),
        wrong_answers=_("{count} in {seconds:.1f} s").format(count=len(wrong), seconds=wrong[-1].at - wrong[0].at),
        rollback_took=_("{took:.1f} s, of the 30 minutes allowed").format(took=took),
        failed_requests=0,
        pods=", ".join(pod["metadata"]["name"] for pod in pods),
        Git=str(commit),
    )


def _priced(lab: CheckContext, request: Request) -> str:
    """What the learner's number of pieces cost by one answer."""
    text = _("{quantity} pieces for {total} ({version})")
    return text.format(quantity=lab.vary["quantity"], total=f"{prj_02.total(request):.2f}", version=request.version)


def _again(lab: CheckContext, tag: str) -> str:
    """How to do a step that sends a release again, from where it stands now."""
    return (
        streamed.from_the_release_before()
        if prj_02.target(lab) == tag
        else _("Run `lab.watch_rollout()`, then the step's commands.")
    )


def _again_from_the_bad_release() -> str:
    return _("Do 5.5 again, from `lab.watch_rollout()` on, then the step's commands.")


def _watched(lab: CheckContext, step: str, next_step: str) -> RolloutObservation:
    """What the step's own stream of requests has seen so far."""
    return judged(lab.watch, step, next_step)


def _expect_sent(lab: CheckContext, tag: str) -> None:
    target = prj_02.target(lab)
    if target != tag:
        hint = explaining.why_not_sent(lab, tag, target)
        raise CheckFailed(
            _("{tag} in the Deployment").format(tag=tag), seen=target, hint=hint, next_step=overlay.send(lab, tag)
        )


def _expect_undone(lab: CheckContext, bad: str, good: str) -> None:
    if prj_02.target(lab) == bad:
        raise CheckFailed(
            _("{tag} in the Deployment").format(tag=good),
            seen=bad,
            hint=explaining.why_not_undone(lab, bad),
            next_step=f"kubectl -n {prj_02.NAMESPACE} rollout undo deployment/{prj_02.NAME}",
        )


def _expect_gone(lab: CheckContext, tag: str) -> None:
    remaining = [pod["metadata"]["name"] for pod in prj_02.pods(lab) if image_tag(pod) == tag]
    if remaining:
        raise Unsettled(
            _("no pod of {tag} left").format(tag=tag),
            seen=", ".join(remaining),
            hint=_("Pods on their way out finish their answers."),
        )
