"""What proves step 7.2: of three alerts that fired at once one reached somebody, and the other two woke nobody."""

from __future__ import annotations

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.language import gettext as _
from lab_helpers.observe.monitoring import NAMESPACE, Monitoring, Notification

__all__ = ["drill_reached_somebody"]

_FIRE, _SMOKE, _PLANNED = "DrillFire", "DrillSmoke", "DrillPlanned"
_RULE, _PROJECT = "drill", "prj-02"
_BEGIN = "kubectl apply -f drill.yaml"
_END = "sed 's/vector(1)$/vector(1) > 1/' drill.yaml | kubectl apply -f -"


@check("7.2", seconds=60)
def drill_reached_somebody(lab: CheckContext) -> Evidence:
    """An alert arrived, with what to do, and that it was over; what follows from it, and what was planned, did not."""
    if lab.client.get("deployment", "alert-receiver", NAMESPACE) is None:
        raise CheckFailed(
            _("Alertmanager and a receiver in namespace {namespace}").format(namespace=NAMESPACE),
            seen=_("none"),
            hint=_("An alert that nobody sends reaches nobody."),
            next_step="lab addon install monitoring",
        )
    monitoring = Monitoring(lab.client.read)
    arrivals = _arrivals(lab, monitoring)
    fire = _last_fire(lab, arrivals)
    _expect_quiet(monitoring, arrivals, fire)
    last = [each for each in arrivals if each.name == _FIRE][-1]
    if last.status != "resolved":
        raise Unsettled(
            _("{alert} resolved").format(alert=_FIRE),
            seen=_("it still fires"),
            hint=_("It ends when its rule is no longer true, and somebody is told of that, too."),
            next_step=_END,
        )
    return Evidence(
        arrived=f"{fire.name}, {_clock(fire)}",
        resolved=_clock(last),
        what_to_do=fire.runbook,
        inhibited=_SMOKE,
        silenced=_PLANNED,
    )


def _arrivals(lab: CheckContext, monitoring: Monitoring) -> list[Notification]:
    """What arrived of the drill since the learner began, the oldest first."""
    namespace = lab.client.get("namespace", _PROJECT)
    began = namespace["metadata"]["creationTimestamp"] if namespace else ""
    names = (_FIRE, _SMOKE, _PLANNED)
    return [each for each in monitoring.notifications() if each.name in names and each.time > began]


def _last_fire(lab: CheckContext, arrivals: list[Notification]) -> Notification:
    fires = [each for each in arrivals if each.name == _FIRE and each.status == "firing"]
    if fires:
        return fires[-1]
    is_applied = lab.client.get("namespace", _PROJECT) is not None and (
        lab.client.get("prometheusrule", _RULE, _PROJECT) is not None
    )
    failure = Unsettled if is_applied else CheckFailed
    raise failure(
        _("{alert} at the alert receiver").format(alert=_FIRE),
        seen=_("nothing arrived"),
        hint=_("Prometheus reads a rule that is new within seconds, if it has the label that is selected by.")
        if is_applied
        else _("An alert that has never fired is a hope. Let one fire on purpose."),
        next_step="kubectl -n monitoring logs deployment/alert-receiver" if is_applied else _BEGIN,
    )


def _expect_quiet(monitoring: Monitoring, arrivals: list[Notification], fire: Notification) -> None:
    """Make sure that the other two fired, and that nobody was told of either."""
    hints = {
        _PLANNED: _(
            "Nobody had said that there is work on prj-01. A silence counts from when it is made, and takes nothing "
            "back: end the drill, wait until it is resolved, make the silence, and begin again."
        ),
        _SMOKE: _(
            "A warning is held back while something critical fires with the same namespace: compare inhibit_rules in "
            "Alertmanager's configuration with the labels of both."
        ),
    }
    notified = {each.name for each in _since_the_last(arrivals, fire) if each.status == "firing"}
    for name, hint in hints.items():
        if name in notified:
            raise CheckFailed(
                _("{alert} at the alert receiver, and nothing else of the drill").format(alert=_FIRE),
                seen=_("{alert}, too").format(alert=name),
                hint=hint,
                next_step=_END,
            )
        if not monitoring.query(f'count_over_time(ALERTS{{alertname="{name}", alertstate="firing"}}[1h])'):
            raise CheckFailed(
                _("{alert} firing, and held back").format(alert=name),
                seen=_("it never fired"),
                hint=_("What does not fire proves nothing about what holds it back."),
                next_step=_BEGIN,
            )


def _since_the_last(arrivals: list[Notification], fire: Notification) -> list[Notification]:
    """What arrived since the drill before this one was over."""
    before = arrivals[: arrivals.index(fire)]
    ends = [place for place, each in enumerate(before, 1) if each.name == _FIRE and each.status == "resolved"]
    return arrivals[ends[-1] if ends else 0 :]


def _clock(notification: Notification) -> str:
    """The time of day at which it arrived, in UTC."""
    return f"{notification.time[11:19]} UTC"
