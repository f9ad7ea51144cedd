"""Look at a namespace as a good colleague would: what is not well, why, and what was said about it last."""

from __future__ import annotations

from collections.abc import Iterator

from lab_helpers.errors import LabError
from lab_helpers.kube.client import Client
from lab_helpers.kube.events import KubeEvent
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _

__all__ = ["diagnose", "explain_claim", "explain_pod"]

_EVENTS_SHOWN = 5
_LOG_LINES = 5
# What a container that waits for its turn says; everything else it says while waiting is trouble.
_ON_ITS_WAY = frozenset({"ContainerCreating", "PodInitializing", ""})


def diagnose(client: Client, namespace: str) -> str:
    """What is wrong in a namespace, in a few lines: pods, claims, last warnings, last words of the sick.

    Reads no Secret: only names of Secrets can appear, as events tell them.
    """
    try:
        pods, claims = client.list("pod", namespace), client.list("pvc", namespace)
        warnings = [event for event in client.events(namespace) if event.type == "Warning"]
    except LabError as error:
        return _("could not look into namespace {namespace}: {error}").format(namespace=namespace, error=error)
    sick = [(pod, reason) for pod in pods if (reason := explain_pod(pod, warnings))]
    lines = [f"pod/{pod['metadata']['name']}: {reason}" for pod, reason in sick]
    lines += [text for claim in claims if (text := explain_claim(claim, warnings))]
    lines += _last_words(client, namespace, [pod for pod, _reason in sick])
    so_far = "\n".join(lines)
    for event in _of_interest(warnings, [pod for pod, _reason in sick], claims):
        if event.message.removeprefix("Error: ") not in so_far:
            lines.append(_("warning: {event}").format(event=event))
    well = _("nothing wrong to be seen in namespace {namespace} ({count} pods)")
    return "\n".join(lines) or well.format(namespace=namespace, count=len(pods))


def explain_pod(pod: Object, warnings: list[KubeEvent]) -> str:
    """Why a pod is not Ready, in one sentence; empty for one that is, or has done its work."""
    status = pod.get("status", {})
    if status.get("phase") == "Succeeded" or _condition(pod, "Ready").get("status") == "True":
        return ""
    if pod["metadata"].get("deletionTimestamp"):
        return _("is being deleted")
    told = [event for event in warnings if event.object == f"pod/{pod['metadata']['name']}"]
    reasons = (_unschedulable(pod), *map(_container, _containers(status)), _unhealthy(told), _evicted(status))
    return next(filter(None, reasons), _("is {phase}, not Ready yet").format(phase=status.get("phase", "Unknown")))


def explain_claim(claim: Object, warnings: list[KubeEvent]) -> str:
    """Why a claim is not bound, in one line; empty for one that is."""
    if _is_bound(claim):
        return ""
    name, phase = claim["metadata"]["name"], claim.get("status", {}).get("phase")
    told = [event.message for event in warnings if event.object == f"persistentvolumeclaim/{name}"]
    wanted = claim["spec"].get("storageClassName") or _("the default class")
    why = told[-1] if told else _("waits for a pod that uses it, or for {wanted}").format(wanted=wanted)
    return _("claim/{name}: {phase} ({why})").format(name=name, phase=phase, why=why)


def _of_interest(warnings: list[KubeEvent], sick: list[Object], claims: list[Object]) -> list[KubeEvent]:
    """The last warnings, without those about pods and claims that have got over it or are no more."""
    names = {f"pod/{pod['metadata']['name']}" for pod in sick}
    names |= {f"persistentvolumeclaim/{claim['metadata']['name']}" for claim in claims if not _is_bound(claim)}
    kinds = ("pod/", "persistentvolumeclaim/")
    left = [event for event in warnings if event.object in names or not event.object.startswith(kinds)]
    return left[-_EVENTS_SHOWN:]


def _is_bound(claim: Object) -> bool:
    return bool(claim.get("status", {}).get("phase") == "Bound")


def _condition(pod: Object, kind: str) -> Object:
    conditions = pod.get("status", {}).get("conditions", [])
    return next((c for c in conditions if c["type"] == kind), {})


def _unschedulable(pod: Object) -> str:
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") != "False":
        return ""
    return f"{scheduled.get('reason', 'Unschedulable')}: {scheduled.get('message', '')}"


def _containers(status: Object) -> Iterator[Object]:
    yield from status.get("initContainerStatuses", [])
    yield from status.get("containerStatuses", [])


def _container(container: Object) -> str:
    name = container["name"]
    waiting = container.get("state", {}).get("waiting", {})
    ended = container.get("state", {}).get("terminated") or container.get("lastState", {}).get("terminated")
    if waiting.get("reason", "") not in _ON_ITS_WAY:
        told = (
            _("{reason} in container {name}: {message}; before that it ended with {end}")
            if ended
            else _("{reason} in container {name}: {message}")
        )
        message = waiting.get("message", _("no message"))
        return told.format(reason=waiting["reason"], name=name, message=message, end=_end(ended) if ended else "")
    if container.get("state", {}).get("terminated") and ended.get("exitCode"):
        return _("container {name} ended with {end}").format(name=name, end=_end(ended))
    return ""


def _end(terminated: Object) -> str:
    """The exit status, and the reason where it says more than that (``OOMKilled``)."""
    reason = terminated.get("reason", "")
    return f"{terminated['exitCode']}" + (f" ({reason})" if reason not in ("", "Error", "Completed") else "")


def _unhealthy(told: list[KubeEvent]) -> str:
    probes = [event.message for event in told if event.reason == "Unhealthy"]
    return _("runs, but its probe fails: {message}").format(message=probes[-1]) if probes else ""


def _evicted(status: Object) -> str:
    return f"{status['reason']}: {status.get('message', '')}" if status.get("reason") else ""


def _last_words(client: Client, namespace: str, pods: list[Object]) -> Iterator[str]:
    """The end of what each sick pod's first container that ever ran has printed."""
    for pod in pods:
        name = pod["metadata"]["name"]
        ran = [c for c in _containers(pod.get("status", {})) if c.get("containerID")]
        if not ran:
            continue
        try:
            told = client.logs(name, namespace, tail=_LOG_LINES, container=ran[-1]["name"])
        except LabError:
            continue  # the pod went away while we looked
        yield from (_("log of {name}: {line}").format(name=name, line=line) for line in told.splitlines())
