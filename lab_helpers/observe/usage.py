"""What the containers of workloads use, beside what their manifests request and limit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab_helpers.errors import LabError
from lab_helpers.kube.client import Client
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe.monitoring import Monitoring

__all__ = ["Usage", "usage"]

# The names of a workload's pods, after its own: what the controllers append, so that pods that are gone count, too.
_SUFFIXES = {
    "deployment": r"-[a-z0-9]{6,10}-[a-z0-9]{5}",
    "statefulset": r"-\d+",
    "daemonset": r"-[a-z0-9]{5}",
    "cronjob": r"-\d+-[a-z0-9]{5}",
}
_PERCENTILE = 0.9
_CPU = "container_cpu_usage_seconds_total"
_THROTTLED = "container_cpu_cfs_throttled_seconds_total"
_MEMORY = "container_memory_working_set_bytes"


@dataclass(frozen=True)
class Usage:
    """A container of a workload's pod template, and what it used.

    Attributes:
        namespace: Where.
        workload: Its kind and name, as in ``deployment/web``.
        container: Its name.
        requests: What each of its pods requests, by resource, as its manifest has it.
        limits: What each may use at most.
        cpu: The 90th percentile of the cores that the busiest of its pods used; None where nothing was measured.
        memory: The most bytes that one of its pods used.
        throttled: The longest that one was kept from its CPU by the limit, in seconds a second.
    """

    namespace: str
    workload: str
    container: str
    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    cpu: float | None = None
    memory: float | None = None
    throttled: float | None = None


def usage(client: Client, namespaces: Sequence[str], minutes: int) -> list[Usage]:
    """What the containers in namespaces used for the last while, gone pods included; by namespace and workload.

    Args:
        client: The cluster, with add-on monitoring.
        namespaces: Which.
        minutes: How far back.

    Raises:
        LabError: There is no such namespace, nothing is deployed in any, or add-on monitoring does not answer.
    """
    for namespace in namespaces:
        if client.get("namespace", namespace) is None:
            raise LabError(_("is not there"), object=f"namespace/{namespace}", next_step="kubectl get namespaces")
    containers = [each for namespace in namespaces for each in _containers(client, namespace)]
    if not containers:
        raise LabError(
            _("nothing is deployed there"),
            object=", ".join(f"namespace/{namespace}" for namespace in namespaces),
            next_step=f"kubectl get deployments,statefulsets -n {namespaces[0]}",
        )
    monitoring = Monitoring(client.read)
    window = f"{minutes}m"
    cpu, throttled, memory = (
        _by_container(monitoring, expression)
        for expression in (
            f"quantile_over_time({_PERCENTILE}, rate({_selected(_CPU, namespaces)}[30s])[{window}:5s])",
            f"max_over_time(rate({_selected(_THROTTLED, namespaces)}[30s])[{window}:5s])",
            f"max_over_time({_selected(_MEMORY, namespaces)}[{window}])",
        )
    )
    return [
        Usage(
            namespace,
            f"{kind}/{name}",
            content["name"],
            content.get("resources", {}).get("requests", {}),
            content.get("resources", {}).get("limits", {}),
            *(_largest(values, namespace, kind, name, content["name"]) for values in (cpu, memory, throttled)),
        )
        for namespace, kind, name, content in containers
    ]


def _containers(client: Client, namespace: str) -> Iterator[tuple[str, str, str, Object]]:
    """The namespace, kind and name of each workload in it, and each container of its pod template."""
    for kind in _SUFFIXES:
        for workload in client.list(kind, namespace):
            spec: Any = workload["spec"]
            spec = spec["jobTemplate"]["spec"] if kind == "cronjob" else spec
            for container in spec["template"]["spec"]["containers"]:
                yield namespace, kind, workload["metadata"]["name"], container


def _selected(metric: str, namespaces: Sequence[str]) -> str:
    return f'{metric}{{namespace=~"{"|".join(namespaces)}", container!=""}}'


def _by_container(monitoring: Monitoring, expression: str) -> list[tuple[Mapping[str, str], float]]:
    return [(sample.labels, sample.value) for sample in monitoring.query(expression) if not math.isnan(sample.value)]


def _largest(
    values: Sequence[tuple[Mapping[str, str], float]], namespace: str, kind: str, name: str, container: str
) -> float | None:
    """The largest value of a workload's pods, for one of their containers."""
    pod = re.compile(re.escape(name) + _SUFFIXES[kind])
    return max(
        (
            value
            for labels, value in values
            if labels["namespace"] == namespace and labels["container"] == container and pod.fullmatch(labels["pod"])
        ),
        default=None,
    )
