"""What proves step 5.13: every application is watched, and an alert told of wrong answers and of their end."""

from __future__ import annotations

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.language import gettext as _
from lab_helpers.observe.monitoring import Monitoring, Notification
from lab_helpers.workbook.course.streams import end, judged
from labs.lab_05_first_deploy import monitored, overlay, prj_02, streamed

__all__ = ["alert_fired_and_resolved"]

_BAD = "v1.3.0"


@check("5.13", seconds=120)
def alert_fired_and_resolved(lab: CheckContext) -> Evidence:
    """Every target is up; an alert told of the wrong answers of v1.3.0, and that they were over."""
    monitored.expect_installed(lab)
    monitoring = Monitoring(lab.client.read)
    targets = monitored.expect_targets(lab, monitoring)
    judged(lab.watch, "5.13", _("Run `lab.watch_rollout()`, then the step's commands."))
    notifications = monitored.notifications(lab, monitoring)
    _expect_fired(lab, notifications)
    _expect_gone(lab)
    last = notifications[-1]
    if last.status != "resolved":
        raise Unsettled(
            _("{alert} resolved").format(alert=monitored.ALERT),
            seen=_("it still fires"),
            hint=_("It ends with the last pod that answers wrongly; that one finishes its answers first."),
            next_step="kubectl -n prj-02 get pods",
        )
    observation = end(lab.watch, "5.13")
    _right, wrong = streamed.right_and_wrong(observation.requests)
    return Evidence(
        targets=_("{count} up, of {applications}").format(
            count=len(targets), applications=", ".join(monitored.APPLICATIONS)
        ),
        wrong_answers=len(wrong),
        failed_requests=len(observation.failures),
        fired=_clock(next(each for each in notifications if each.status == "firing")),
        resolved=_clock(last),
        says=last.summary,
        Git=str(overlay.expect_git(lab, prj_02.target(lab))),
    )


def _expect_fired(lab: CheckContext, notifications: list[Notification]) -> None:
    if any(each.status == "firing" for each in notifications):
        return
    is_wrong = prj_02.target(lab) == _BAD
    failure = Unsettled if is_wrong else CheckFailed
    raise failure(
        _("{alert} at the alert receiver").format(alert=monitored.ALERT),
        seen=_("nothing arrived"),
        hint=_("It takes answers that are counted, a scrape and an evaluation: some seconds.")
        if is_wrong
        else _("Nothing has answered wrongly since you began: send v1.3.0, and wait for the alert before you go back."),
        next_step="kubectl -n monitoring logs deployment/alert-receiver" if is_wrong else overlay.send(lab, _BAD),
    )


def _expect_gone(lab: CheckContext) -> None:
    """Make sure that v1.3.0 is neither what the Deployment asks for nor what Git says should run."""
    if prj_02.target(lab) == _BAD:
        raise CheckFailed(
            _("v1.3.0 taken back, in the cluster and in Git"),
            seen=_("it still answers, and {alert} still fires").format(alert=monitored.ALERT),
            hint=_("An alert takes nothing back: it tells somebody, and that is you."),
            next_step=f"kubectl -n {prj_02.NAMESPACE} rollout undo deployment/{prj_02.NAME}",
        )
    if overlay.new_tag(lab) == _BAD:
        raise CheckFailed(
            _("v1.3.0 taken back, in the cluster and in Git"),
            seen=_("the overlay still says v1.3.0"),
            hint=_("The next apply, by anybody, would send it again."),
            next_step=f"git -C {prj_02.REPOSITORY} revert --no-edit HEAD && kubectl apply -k {prj_02.OVERLAY}",
        )


def _clock(notification: Notification) -> str:
    """The time of day at which it arrived, in UTC."""
    return f"{notification.time[11:19]} UTC"
