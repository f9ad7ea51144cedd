"""What proves step 7.1: who answered a request is known, although the pod is gone and kubectl has nothing of it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lab_helpers import CheckContext, CheckFailed, Evidence, Unsettled, check
from lab_helpers.kube.events import parse_time
from lab_helpers.language import gettext as _
from lab_helpers.observe.logs import Count, LogStore
from lab_helpers.workbook.learner import production
from lab_helpers.workbook.learner.manifests import read_text

__all__ = ["request_traced"]

_PROJECT = "prj-02"
_COLLECTOR, _COLLECTORS_NAMESPACE = "vlagent", "kube-system"
_POD, _VERSION, _ERROR = "kubernetes.pod_name", "version", "error"
_COMPLAINT, _ANSWER = "complaint.txt", "incident.txt"
_INCIDENT = "sh incident.sh"
_SINCE = re.compile(r"Since (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) ")
_FIELD = re.compile(r"^[ \t]*(pod|version|error)[ \t]*=[ \t]*(.*?)[ \t\r]*$", re.MULTILINE)


@check("7.1", seconds=30)
def request_traced(lab: CheckContext) -> Evidence:
    """Who failed a request is named, with its release and the reason, by the logs of a pod that is gone."""
    _expect_collector(lab)
    since, answer = _since(lab), _answer(lab)
    pod = answer.get("pod", "").removeprefix("pod/")
    _expect_gone(lab, pod)
    failure = _failure(lab, since)
    if pod != failure.fields[_POD]:
        hint = _("The log store knows it: each line there names its pod, in the field {field}.").format(field=_POD)
        raise _wrong("pod", pod, hint)
    if answer.get("version", "") != failure.fields[_VERSION]:
        hint = _("It is what the pod itself wrote, with each line; what the Deployment asks for now proves nothing.")
        raise _wrong("version", answer.get("version", ""), hint)
    _expect_error(failure, answer.get("error", ""))
    pods = production.rolled_out(lab, _PROJECT)
    return Evidence(
        failed=f"{failure.fields[_POD]}, {failure.fields[_VERSION]}",
        reason=failure.fields[_ERROR],
        kubectl=_("knows nothing of it"),
        now=", ".join(sorted(each["metadata"]["name"] for each in pods)),
    )


def _expect_collector(lab: CheckContext) -> None:
    if lab.client.get("daemonset", _COLLECTOR, _COLLECTORS_NAMESPACE) is None:
        raise CheckFailed(
            _("a collector of logs on each node"),
            seen=_("none"),
            hint=_("What no collector has read goes with its pod."),
            next_step="lab addon install logs",
        )


def _since(lab: CheckContext) -> str:
    """When the incident began, as the complaint says it."""
    file = lab.workspace / _COMPLAINT
    complaint = _SINCE.search(read_text(lab.workspace, _COMPLAINT)) if file.exists() else None
    if complaint is None:
        raise CheckFailed(
            _("a complaint in {file}").format(file=_COMPLAINT),
            seen=_("none"),
            hint=_("The script makes the incident and writes down what the customer says."),
            next_step=_INCIDENT,
        )
    return complaint[1]


def _answer(lab: CheckContext) -> Mapping[str, str]:
    return dict(_FIELD.findall(read_text(lab.workspace, _ANSWER)))


def _expect_gone(lab: CheckContext, pod: str) -> None:
    """Make sure that the pod which is named is none of those that kubectl shows."""
    if pod and lab.client.get("pod", pod, _PROJECT) is not None:
        hint = _(
            "Whoever was on duty has deleted the pod that failed. Those which are there now had nothing to do with it, "
            "or came later."
        )
        raise _wrong("pod", _("{pod}, which is still there").format(pod=pod), hint)


def _failure(lab: CheckContext, since: str) -> Count:
    """What the log store has of the customer's requests that failed: the pod, its release, and the reason."""
    path = f"/cache/invoice-{lab.vary['invoice']}"
    query = f'_time:>={since} kubernetes.pod_namespace:={_PROJECT} path:="{path}" _msg:="request failed"'
    failures = LogStore(lab.client.read).count(query, _POD, _VERSION, _ERROR)
    if failures:
        return failures[0]
    expected = _("what the pod wrote of it, in the log store")
    if _is_younger(lab, since):
        raise CheckFailed(
            expected,
            seen=_("nothing: the collector is younger than the incident"),
            hint=_(
                "The pod took its log with it before there was anybody to read it. Nobody can get that back: collect "
                "first, and let it happen again."
            ),
            next_step=_INCIDENT,
        )
    raise Unsettled(
        expected,
        seen=_("nothing yet"),
        hint=_("The collector looks at a quiet file every ten seconds; it reads on though the pod is gone."),
        next_step=f"kubectl -n {_COLLECTORS_NAMESPACE} logs daemonset/{_COLLECTOR}",
    )


def _is_younger(lab: CheckContext, since: str) -> bool:
    """Whether every collector began after the incident."""
    pods = lab.client.list("pod", _COLLECTORS_NAMESPACE, f"app={_COLLECTOR}")
    return all(parse_time(pod["metadata"]["creationTimestamp"]) > parse_time(since) for pod in pods)


def _expect_error(failure: Count, error: str) -> None:
    """Make sure that the error is told by its code, alone or with the words around it."""
    words = failure.fields[_ERROR].replace(":", " ").split()
    code = next((word for word in words if word.isupper()), "")
    if code not in error.replace(":", " ").split():
        hint = _(
            "The customer was told what a stranger may know. What went wrong the pod wrote into its log, in the field "
            "{field}: a code in capitals, and what it means."
        ).format(field=_ERROR)
        raise _wrong("error", error, hint)


def _wrong(field: str, value: str, hint: str) -> CheckFailed:
    expected = {
        "pod": _("pod: who told the customer `internal error`"),
        "version": _("version: the release that this pod ran"),
        "error": _("error: what went wrong there"),
    }[field]
    return CheckFailed(
        _("in {file}, {expected}").format(file=_ANSWER, expected=expected),
        seen=value or _("nothing"),
        hint=hint,
        next_step="sh logsql.sh 'path:*invoice* | fields _time, _msg, kubernetes.pod_name'",
    )
