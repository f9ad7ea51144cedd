"""What proves steps 6.1 and 6.2: each host is answered by its own project, over TLS, whatever happens behind it."""

from __future__ import annotations

from http import HTTPStatus

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check, language
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.workbook.course.streams import end, judged
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.learner import production
from labs.lab_06_expand import certified, counted, deployed, entrance, rollout, routing

__all__ = ["answered_by_host", "replaced_behind_the_door"]

_UNKNOWN = "nobody.example.com"
_BEFORE, _AFTER = "v1.0.0", "v1.1.0"  # the releases of 6.2

_WHICH = gettext_noop("Which Service does its Ingress name?")
# Why the controller itself answers.
_WHY: dict[int, str] = {
    HTTPStatus.NOT_FOUND: gettext_noop("404 is the controller's own: it has no rule for this host, or no Ready pod."),
    HTTPStatus.BAD_GATEWAY: gettext_noop("The pods do not answer on the port that the Service leads to."),
    HTTPStatus.GATEWAY_TIMEOUT: gettext_noop("The pods are not reached: does a NetworkPolicy let the controller in?"),
}


@check("6.1", seconds=120)
def answered_by_host(lab: CheckContext) -> Evidence:
    """Every host is answered by its own project, an unknown one by 404, and http is told to come back by https."""
    routing.expect_routes(lab)
    pods = {project: production.rolled_out(lab, project) for project in deployed.PROJECTS}
    rows = [_answered(lab, host, project) for host, project in routing.HOSTS.items()]
    rows.append(_refused(lab))
    return Evidence(
        pods_Ready=sum(map(len, pods.values())),
        answers=Table((_("host"), _("status"), _("answered by")), rows),
        http=_redirected(lab),
    )


def _answered(lab: CheckContext, host: str, project: str) -> tuple[str, str, str]:
    """A row of the table: the host, the status, and the pod that has answered."""
    answer = entrance.ask(lab, f"https://{host}/version")
    content = answer.content
    pod = str(content.get("pod", "")) if isinstance(content, dict) else ""
    if answer.status == HTTPStatus.OK and pod.startswith(f"{project}-"):
        return host, str(answer.status), pod
    raise Unsettled(
        _("{host} answered by a pod of {project}").format(host=host, project=project),
        seen=f"{answer.status} {pod or answer.body[:80].strip()}",
        hint=language.gettext(_WHY.get(answer.status, _WHICH)),
        next_step="kubectl -n kube-system logs deployment/traefik --since=2m",
    )


def _refused(lab: CheckContext) -> tuple[str, str, str]:
    """The row of a host that nobody has a rule for."""
    answer = entrance.ask(lab, f"https://{_UNKNOWN}/version")
    if answer.status != HTTPStatus.NOT_FOUND:
        raise CheckFailed(
            _("404 for {host}").format(host=_UNKNOWN),
            seen=str(answer.status),
            hint=_("Somebody answers for all hosts: a rule without a `host`, or a default backend."),
            next_step="kubectl get ingress --all-namespaces",
        )
    return _UNKNOWN, str(answer.status), _("nobody")


def _redirected(lab: CheckContext) -> str:
    host = next(iter(routing.HOSTS))
    answer = entrance.ask(lab, f"http://{host}/version")
    place = answer.headers.get("location", "")
    if not place.startswith(f"https://{host}"):
        raise Unsettled(
            _("http to be told to come back by https"),
            seen=f"{answer.status} {place}".strip(),
            hint=_("Whoever runs the door decides that for all hosts, at its entry point."),
            next_step="kubectl -n kube-system get deployment traefik -o yaml",
        )
    return f"{answer.status} {place}"


@check("6.2", seconds=90)
def replaced_behind_the_door(lab: CheckContext) -> Evidence:
    """Every host shows a certificate of your authority, and a rollout behind the door lost no request."""
    routing.expect_routes(lab)
    certified.expect_trusted(lab)
    rollout.expect_drained(lab)
    observation = judged(lab.watch, "6.2", rollout.again(_BEFORE))
    commit = rollout.expect_sent(lab, _AFTER)
    production.rolled_out(lab, "prj-02")
    rollout.expect_none_failed(observation, _BEFORE, _AFTER)
    observation = end(lab.watch, "6.2")
    rollout.expect_none_failed(observation, _BEFORE, _AFTER)
    before, after = observation.answered_by(_BEFORE), observation.answered_by(_AFTER)
    return Evidence(
        trusted=", ".join(routing.HOSTS),
        requests=len(observation.requests),
        failed=0,
        never_connected=sum(request.late == "connection" for request in observation.requests),
        answered_by_the_old=len(before),
        answered_by_the_new=len(after),
        slowest_answer=_("{seconds:.2f} s").format(
            seconds=max(request.milliseconds for request in observation.requests) / 1000
        ),
        requests_by_host=counted.table(lab),
        Git=str(commit),
    )
