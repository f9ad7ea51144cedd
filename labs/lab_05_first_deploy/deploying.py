"""What proves steps 5.1 and 5.2: staging runs, and no request is lost when a pod goes."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.images.registry import digest
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import committed
from labs.lab_05_first_deploy import explaining, prj_02, release

__all__ = ["no_request_lost", "staging_runs"]

_DRAIN_LOG = "drain.log"


@check("5.1", seconds=60)
def staging_runs(lab: CheckContext) -> Evidence:
    """Staging runs v1.0.0 from the registry, and every pod is healthy."""
    pods = release.rolled_out(lab, "v1.0.0")
    answers = {_health(lab, pod["metadata"]["name"]) for pod in pods}
    if answers != {'{"status":"ok"}'}:
        raise Unsettled(
            _('{"status":"ok"} from /health'), seen=", ".join(answers), hint=_("What does the pod's log say?")
        )
    pushed = digest(lab.registry, "org/prj-02", "v1.0.0")
    served = {pod["status"]["containerStatuses"][0]["imageID"].rpartition("@")[2] for pod in pods}
    if served != {pushed}:
        raise CheckFailed(
            _("the image pushed as v1.0.0 ({pushed})").format(pushed=pushed),
            seen=", ".join(served),
            hint=_("Which tag was applied?"),
        )
    committed.expect_readable(lab.workspace, prj_02.REPOSITORY)
    return Evidence(
        pods_Ready=len(pods),
        health=answers.pop(),
        image=lab.registry.localize("ghcr.io/org/prj-02:v1.0.0"),
        digest=pushed,
    )


@check("5.2")
def no_request_lost(lab: CheckContext) -> Evidence:
    """A pod that goes loses no request: it is taken out of service, finishes its answers, then ends."""
    deployment = prj_02.deployment(lab)
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    _expect_readiness(container)
    _expect_none_unavailable(deployment)
    delay = _expect_delay(container)
    grace = _expect_grace(lab, deployment, delay)
    draining, request = _drained(lab)
    return Evidence(
        taken_out="readinessProbe /ready, maxUnavailable 0",
        delay=_("preStop {seconds} s").format(seconds=delay),
        grace=_("{seconds} s").format(seconds=grace),
        pod=draining["pod"],
        SIGTERM_at=draining["time"],
        answered_at=_("{time}, {status} after {ms} ms").format(
            time=request["time"], status=request["status"], ms=request["ms"]
        ),
        then=_("drained, ended by itself"),
    )


def _health(lab: CheckContext, pod: str) -> str:
    result = lab.client.exec(pod, ["wget", "-qO-", "http://127.0.0.1:8080/health"], prj_02.NAMESPACE)
    return result.stdout.strip() or result.stderr.strip()


def _expect_readiness(container: Object) -> None:
    path = container.get("readinessProbe", {}).get("httpGet", {}).get("path")
    if path != "/ready":
        raise _missing(
            _("a readinessProbe on /ready"),
            _("one on {path}").format(path=path) if path else _("none"),
            _(
                "There is no readinessProbe on /ready: a pod gets requests from the moment its process "
                "starts, and keeps getting them while it drains."
            ),
        )


def _expect_none_unavailable(deployment: Object) -> None:
    strategy = deployment["spec"].get("strategy", {})
    allowed = strategy.get("rollingUpdate", {}).get("maxUnavailable", strategy.get("type"))
    if allowed not in (0, "0%"):
        hint = _("maxUnavailable is {allowed}: a rollout may take a pod away before its successor is Ready.").format(
            allowed=allowed
        )
        raise _missing("maxUnavailable 0", str(allowed), hint)


def _expect_delay(container: Object) -> int:
    seconds = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    if seconds < 1:
        raise _missing(
            _("a preStop sleep of a second or more"),
            _("{seconds} s").format(seconds=seconds) if seconds else _("none"),
            _(
                "There is no preStop sleep: the pod stops listening at once, while requests are still on "
                "their way to it. Every node needs a moment to hear that it is no longer behind the "
                "Service."
            ),
        )
    return int(seconds)


def _expect_grace(lab: CheckContext, deployment: Object, delay: int) -> int:
    settings = lab.client.get("configmap", f"{prj_02.NAME}-config", prj_02.NAMESPACE) or {"data": {}}
    drain = float(settings["data"].get("DRAIN_SECONDS", 10))
    grace = int(deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"])
    if grace <= delay + drain:
        raise _missing(
            _("terminationGracePeriodSeconds longer than preStop and DRAIN_SECONDS together ({delay:g} s)").format(
                delay=delay + drain
            ),
            _("{seconds} s").format(seconds=grace),
            _(
                "terminationGracePeriodSeconds is {grace}: SIGKILL comes before the drain can be over, "
                "and cuts off whatever is still being answered."
            ).format(grace=grace),
        )
    return grace


def _drained(lab: CheckContext) -> tuple[dict[str, Any], dict[str, Any]]:
    """The words of the pod that was taken away: when it heard SIGTERM, and the request it finished after that."""
    messages = _log(lab)
    draining = next((line for line in messages if line["message"] == "draining"), None)
    if draining is None:
        raise CheckFailed(
            _("SIGTERM to reach the application: a line 'draining' in its log"),
            seen=_("{count} lines, none of them").format(count=len(messages)),
            hint=explaining.why_sigterm_was_not_heard(lab),
            next_step=f"kubectl -n {prj_02.NAMESPACE} exec deploy/{prj_02.NAME} -- cat /proc/1/cmdline",
        )
    answered = [line for line in messages if line.get("path") == "/slow" and line["time"] > draining["time"]]
    if not answered or answered[0].get("status") != 200 or messages[-1]["message"] != "drained":
        raise CheckFailed(
            _("the request to be answered after SIGTERM, then 'drained'"),
            seen=_("{message} as the last line, {count} requests answered after SIGTERM").format(
                message=messages[-1]["message"], count=len(answered)
            ),
            hint=_(
                "The request must reach the pod while preStop keeps it listening, and outlast that: send it right away."
            ),
            next_step=_("Run the cell of this step that begins with `pod=`."),
        )
    return draining, answered[0]


def _log(lab: CheckContext) -> list[dict[str, Any]]:
    messages = _messages(lab)
    if not messages:
        raise CheckFailed(
            _("the log of a pod that was taken away in {drain_log}").format(drain_log=_DRAIN_LOG),
            seen=_seen_of(lab.workspace / _DRAIN_LOG),
            hint=_(
                "The settings are right, and no pod was taken away yet: the drill follows a pod's log "
                "into that file while it deletes the pod."
            ),
            next_step=_("Run the cell of this step that begins with `pod=`."),
        )
    return messages


def _messages(lab: CheckContext) -> list[dict[str, Any]]:
    """What the application said in the log that the drill wrote; what else stands there is left out."""
    try:
        lines = (lab.workspace / _DRAIN_LOG).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    messages = []
    for line in lines:
        with suppress(ValueError):
            messages.append(json.loads(line))
    return [line for line in messages if isinstance(line, dict) and {"message", "time"} <= line.keys()]


def _seen_of(file: Path) -> str:
    if file.is_dir():
        return _("a directory")
    if not file.exists():
        return _("no such file")
    return _("no line of the application in it") if file.stat().st_size else _("an empty file")


def _missing(expected: str, observed: str, hint: str) -> CheckFailed:
    return CheckFailed(
        expected,
        seen=observed,
        hint=_("{hint} The setting is in infra/k8s/base/deployments/prj-02.yaml.").format(hint=hint),
        next_step=_("kubectl apply -k {overlay}   # when the file is mended").format(overlay=prj_02.OVERLAY),
    )
