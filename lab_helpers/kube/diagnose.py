"""Diagnose a namespace: the pods and claims that are not Ready or Bound, why, and their last warnings and log lines."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.errors import LabError
from lab_helpers.kube.client import Client
from lab_helpers.kube.conditions import condition, is_ready
from lab_helpers.kube.events import KubeEvent
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = ["diagnose", "explain_claim", "explain_pod", "waiting_reasons"]

_EVENTS_SHOWN = 5
_LOG_LINES = 5
# Reasons of a waiting container that is starting normally; any other reason is a problem.
_STARTING = frozenset({"ContainerCreating", "PodInitializing", ""})


def diagnose(client: Client, namespace: str) -> str:
    """What is wrong in a namespace, in a few lines: pods, claims, last warnings, last log lines of unhealthy pods.

    Reads no Secret; only names of Secrets can appear, in events.
    """
    try:
        pods, claims = client.list("pod", namespace), client.list("pvc", namespace)
        warnings = [event for event in client.events(namespace) if event.type == "Warning"]
    except LabError as error:
        return _("could not look into namespace {namespace}: {error}").format(namespace=namespace, error=error)
    unhealthy = [(pod, reason) for pod in pods if (reason := explain_pod(pod, warnings))]
    lines = [f"pod/{pod['metadata']['name']}: {reason}" for pod, reason in unhealthy]
    lines += [text for claim in claims if (text := explain_claim(claim, warnings))]
    lines += _log_tails(client, namespace, [pod for pod, _reason in unhealthy])
    summary = "\n".join(lines)
    for event in _relevant_warnings(warnings, [pod for pod, _reason in unhealthy], claims):
        if event.message.removeprefix("Error: ") not in summary:
            lines.append(_("warning: {event}").format(event=event))
    healthy = _("nothing wrong to be seen in namespace {namespace} ({count} pods)")
    return "\n".join(lines) or healthy.format(namespace=namespace, count=len(pods))


def explain_pod(pod: Object, warnings: list[KubeEvent]) -> str:
    """Why a pod is not Ready, in one sentence; empty for a Ready or Succeeded pod."""
    status = pod.get("status", {})
    if status.get("phase") == "Succeeded" or is_ready(pod):
        return ""
    if pod["metadata"].get("deletionTimestamp"):
        return _("is being deleted")
    pod_warnings = [event for event in warnings if event.object == f"pod/{pod['metadata']['name']}"]
    reasons = (_unschedulable(pod), *map(_container, _containers(status)), _unhealthy(pod_warnings), _evicted(status))
    return next(filter(None, reasons), _("is {phase}, not Ready yet").format(phase=status.get("phase", "Unknown")))


def waiting_reasons(pod: Object) -> set[str]:
    """What a pod's containers wait for, init containers included, as in ``ImagePullBackOff``; none of one that runs."""
    states = (container.get("state", {}) for container in _containers(pod.get("status", {})))
    return {state["waiting"]["reason"] for state in states if state.get("waiting", {}).get("reason")}


def explain_claim(claim: Object, warnings: list[KubeEvent]) -> str:
    """Why a PersistentVolumeClaim is not Bound, in one line; empty for a Bound one."""
    if _is_bound(claim):
        return ""
    name, phase = claim["metadata"]["name"], claim.get("status", {}).get("phase")
    messages = [event.message for event in warnings if event.object == f"persistentvolumeclaim/{name}"]
    storage_class = claim["spec"].get("storageClassName") or _("the default class")
    reason = (
        messages[-1] if messages else _("waits for a pod that uses it, or for {wanted}").format(wanted=storage_class)
    )
    return _("claim/{name}: {phase} ({why})").format(name=name, phase=phase, why=reason)


def _relevant_warnings(warnings: list[KubeEvent], pods: list[Object], claims: list[Object]) -> list[KubeEvent]:
    """The last warnings, without those about pods and claims that are healthy again or deleted."""
    names = {f"pod/{pod['metadata']['name']}" for pod in pods}
    names |= {f"persistentvolumeclaim/{claim['metadata']['name']}" for claim in claims if not _is_bound(claim)}
    kinds = ("pod/", "persistentvolumeclaim/")
    relevant = [event for event in warnings if event.object in names or not event.object.startswith(kinds)]
    return relevant[-_EVENTS_SHOWN:]


def _is_bound(claim: Object) -> bool:
    return bool(claim.get("status", {}).get("phase") == "Bound")


def _unschedulable(pod: Object) -> str:
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") != "False":
        return ""
    return f"{scheduled.get('reason', 'Unschedulable')}: {scheduled.get('message', '')}"


def _containers(status: Object) -> Iterator[Object]:
    yield from status.get("initContainerStatuses", [])
    yield from status.get("containerStatuses", [])


def _container(container: Object) -> str:
    name = container["name"]
    waiting = container.get("state", {}).get("waiting", {})
    terminated = container.get("state", {}).get("terminated") or container.get("lastState", {}).get("terminated")
    if waiting.get("reason", "") not in _STARTING:
        template = (
            _("{reason} in container {name}: {message}; before that it ended with {end}")
            if terminated
            else _("{reason} in container {name}: {message}")
        )
        message = waiting.get("message", _("no message"))
        return template.format(
            reason=waiting["reason"], name=name, message=message, end=_end(terminated) if terminated else ""
        )
    if container.get("state", {}).get("terminated") and terminated.get("exitCode"):
        return _("container {name} ended with {end}").format(name=name, end=_end(terminated))
    return ""


def _end(terminated: Object) -> str:
    """The exit status, and the reason where it says more than that (``OOMKilled``)."""
    reason = terminated.get("reason", "")
    return f"{terminated['exitCode']}" + (f" ({reason})" if reason not in ("", "Error", "Completed") else "")


def _unhealthy(warnings: list[KubeEvent]) -> str:
    probes = [event.message for event in warnings if event.reason == "Unhealthy"]
    return _("runs, but its probe fails: {message}").format(message=probes[-1]) if probes else ""


def _evicted(status: Object) -> str:
    return f"{status['reason']}: {status.get('message', '')}" if status.get("reason") else ""


def _log_tails(client: Client, namespace: str, pods: list[Object]) -> Iterator[str]:
    """The last log lines of each pod's last container that ever started."""
    for pod in pods:
        name = pod["metadata"]["name"]
        started = [c for c in _containers(pod.get("status", {})) if c.get("containerID")]
        if not started:
            continue
        try:
            log = client.logs(name, namespace, tail=_LOG_LINES, container=started[-1]["name"])
        except LabError:
            continue  # the pod went away while we looked
        yield from (_("log of {name}: {line}").format(name=name, line=line) for line in log.splitlines())
