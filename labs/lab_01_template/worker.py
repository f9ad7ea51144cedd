"""What proves step 1.4: the worker was started before its database, and waits for it without dying."""

from __future__ import annotations

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.kube.diagnose import explain_pod
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe.timeline import phase_of
from labs.lab_01_template import shop, starting

__all__ = ["expect_ready_unrestarted", "waits_for_its_database"]

_NAME = "worker"
_ASK = """
import json, urllib.error, urllib.request
try:
    answer = urllib.request.urlopen("http://127.0.0.1:8080/ready", timeout=3)
except urllib.error.HTTPError as refusal:
    answer = refusal
print(json.load(answer).get("error", ""))
"""


@check("1.4", seconds=60)
def waits_for_its_database(lab: CheckContext) -> Evidence:
    """The worker runs before its database is there: alive, not Ready, never restarted."""
    deployment = shop.deployment(lab, _NAME)
    starting.expect_single(deployment)
    _expect_no_database(lab)
    _expect_own_liveness(deployment)
    pod = _only_pod(lab)
    if phase_of(pod) != "running":
        starting.expect_no_trouble(lab, pod)
        raise Unsettled(
            _("the worker running, and not Ready"),
            seen=_explained(lab, pod) or phase_of(pod),
            hint=_("Is its image pulled, and is the Secret there that it names?"),
            next_step=f"kubectl -n {shop.NAMESPACE} describe pods -l app={_NAME}",
        )
    reason = _reason(lab, pod)
    if not reason:
        raise Unsettled(
            _("the worker to say at /ready what it waits for"),
            seen=_("nothing yet"),
            hint=_("Its process may have begun just now."),
            next_step=f"kubectl -n {shop.NAMESPACE} logs deploy/{_NAME}",
        )
    lab.observations["worker"] = pod["metadata"]["uid"]
    return Evidence(
        pod=pod["metadata"]["name"],
        state=_("runs, not Ready"),
        says=reason,
        restarts=shop.restarts(pod),
        database=_("not there yet"),
    )


def expect_ready_unrestarted(lab: CheckContext) -> str:
    """Make sure that the worker is Ready, and say how it came to that.

    Raises:
        CheckFailed: It cannot be, for a reason that time does not heal.
        Unsettled: It is not yet.
    """
    starting.expect_single(shop.deployment(lab, _NAME))
    _expect_tables(lab)
    (pod,) = starting.running(lab, _NAME)
    is_same = pod["metadata"]["uid"] == lab.observations.get("worker")
    text = _("Ready by itself, the same pod, restarts: {count}") if is_same else _("Ready, restarts: {count}")
    return text.format(count=shop.restarts(pod))


def _expect_tables(lab: CheckContext) -> None:
    """Make sure that the worker does not wait for tables, which nobody makes by waiting."""
    for pod in shop.pods(lab, _NAME):
        reason = _reason(lab, pod) if phase_of(pod) == "running" else ""
        if "prj_01.migrate" in reason:
            raise CheckFailed(
                _("the worker Ready"),
                seen=reason,
                hint=_(
                    "The worker reaches the database, and finds no tables in it. In Compose you ran its migrations by "
                    "hand, once: `docker compose exec worker …`. So you do here."
                ),
                next_step=f"kubectl -n {shop.NAMESPACE} exec deploy/{_NAME} -- python3 -m prj_01.migrate",
            )


def _reason(lab: CheckContext, pod: Object) -> str:
    """What the worker says at /ready, asked inside its pod; empty where it does not answer."""
    answer = lab.client.exec(pod["metadata"]["name"], ["python3", "-c", _ASK], shop.NAMESPACE)
    return answer.stdout.strip()


def _expect_no_database(lab: CheckContext) -> None:
    if lab.client.get("deployment", "database", shop.NAMESPACE) is not None:
        raise CheckFailed(
            _("the worker before its database"),
            seen=_("the database is there already"),
            hint=_(
                "So there is nothing to wait for, and nothing to see. In Compose you would see to the order yourself, "
                "by `depends_on`. Here look first at what happens without any order."
            ),
            next_step=f"kubectl -n {shop.NAMESPACE} delete deployment,service database",
        )


def _expect_own_liveness(deployment: Object) -> None:
    probes = shop.container(deployment)
    liveness = probes.get("livenessProbe", {}).get("httpGet", {}).get("path")
    readiness = probes.get("readinessProbe", {}).get("httpGet", {}).get("path")
    if liveness is not None and liveness == readiness:
        raise CheckFailed(
            _("a livenessProbe that asks for the process alone"),
            seen=_("both probes ask for {path}").format(path=liveness),
            hint=_(
                "{path} is about the database. Readiness may ask for that: whoever fails it gets no requests. Who "
                "fails liveness is **restarted**, and no restart of the worker brings a database: it would be killed "
                "again and again, and after a short outage all of its copies at once."
            ).format(path=liveness),
            next_step=_("Let the livenessProbe in worker.yaml ask for /health, and apply it."),
        )
    if readiness is None:
        raise CheckFailed(
            _("a readinessProbe in the worker"),
            seen=_("none"),
            hint=_("Without one a pod counts as Ready as soon as its process runs, whatever it waits for."),
            next_step=f"kubectl -n {shop.NAMESPACE} get deployment {_NAME} -o yaml",
        )


def _only_pod(lab: CheckContext) -> Object:
    pods = shop.pods(lab, _NAME)
    if len(pods) != 1:
        raise Unsettled(
            _("one pod of the worker"),
            seen=f"{len(pods)}",
            hint=_("The Deployment makes it, or replaces another one by it."),
            next_step=f"kubectl -n {shop.NAMESPACE} get pods",
        )
    return pods[0]


def _explained(lab: CheckContext, pod: Object) -> str:
    return explain_pod(pod, lab.client.events(shop.NAMESPACE, f"pod/{pod['metadata']['name']}"))
