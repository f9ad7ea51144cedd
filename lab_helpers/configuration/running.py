"""What a cluster gives the containers of an application: read from its live objects, not from the files."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab_helpers import programs
from lab_helpers.configuration.deployed import Workload
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.policy.asking import ask

__all__ = ["Running", "running"]

_SECONDS = 5.0
_TEMPLATES = (("spec", "template", "spec"), ("spec", "jobTemplate", "spec", "template", "spec"))


@dataclass(frozen=True)
class Running:
    """What a cluster runs.

    Attributes:
        values: What the container's environment is made of, by variable.
        secrets: Which of them come from a Secret.
        started_with: The environment that one of its pods started with; empty where that cannot be read.
        is_helms: Whether Helm deployed it, which then labels it so.
    """

    values: Mapping[str, str]
    secrets: frozenset[str]
    started_with: Mapping[str, str]
    is_helms: bool


def running(workload: Workload, options: Sequence[str]) -> Running | None:
    """What a cluster runs of a workload; None where no cluster answers, or has no such workload.

    Args:
        workload: As the files have it.
        options: Options of kubectl that say which cluster; without any, the current context's.

    Raises:
        LabError: Whoever asks may not read it.
    """
    if not _has_kubectl():
        return None
    live = _get(options, workload.kind.lower(), workload.name, workload.namespace)
    if live is None:
        return None
    pod = next(spec for spec in (_dig(live, *keys) for keys in _TEMPLATES) if spec)
    entries = {name: (value, kind) for name, value, kind in _entries(pod["containers"][0], options, workload.namespace)}
    values = {name: value for name, (value, _kind) in entries.items()}
    secrets = frozenset(name for name, (_value, kind) in entries.items() if kind == "secret")
    manager = _dig(live, "metadata", "labels").get("app.kubernetes.io/managed-by")
    started_with = _started_with(options, workload, pod["containers"][0]["name"])
    return Running(values, secrets, started_with, is_helms=manager == "Helm")


def _entries(container: dict[str, Any], options: Sequence[str], namespace: str) -> Iterator[tuple[str, str, str]]:
    """The variables of a container: name, value, and the kind it is taken from; of two of a name the last counts."""
    for entry in container.get("envFrom", []):
        prefix = entry.get("prefix", "")
        for key, kind in (("configMapRef", "configmap"), ("secretRef", "secret")):
            if key in entry:
                data = _data(_get(options, kind, entry[key]["name"], namespace))
                yield from ((f"{prefix}{name}", value, kind) for name, value in data.items())
    for entry in container.get("env", []):
        if "value" in entry:
            yield entry["name"], entry["value"], ""
        for key, kind in (("configMapKeyRef", "configmap"), ("secretKeyRef", "secret")):
            reference = entry.get("valueFrom", {}).get(key)
            if reference:
                data = _data(_get(options, kind, reference["name"], namespace))
                if reference["key"] in data:
                    yield entry["name"], data[reference["key"]], kind


def _started_with(options: Sequence[str], workload: Workload, container: str) -> dict[str, str]:
    """The environment of a pod's first process, which is that of its start; empty where nothing there can print it."""
    pod = f"{workload.kind.lower()}/{workload.name}"
    where = ["--namespace", workload.namespace, "exec", pod, "--container", container]
    result = ask(options, *where, "--", "cat", "/proc/1/environ", seconds=_SECONDS)
    entries = result.stdout.split("\0") if result.returncode == 0 else []
    return {name: value for name, sign, value in (entry.partition("=") for entry in entries) if sign}


def _data(live: dict[str, Any] | None) -> dict[str, str]:
    data: dict[str, str] = (live or {}).get("data") or {}
    if live is not None and live["kind"] == "Secret":
        return {key: base64.b64decode(value).decode("utf-8", errors="replace") for key, value in data.items()}
    return data


def _dig(node: Any, *keys: str) -> dict[str, Any]:  # noqa: ANN401
    for key in keys:
        node = node.get(key) or {}
    return dict(node)


def _has_kubectl() -> bool:
    """Whether somebody can be asked: kubectl is here, or is to be had."""
    try:
        programs.resolve(lambda _line: None, "kubectl")
    except LabError:
        return False
    return True


def _get(options: Sequence[str], kind: str, name: str, namespace: str) -> dict[str, Any] | None:
    """An object as the cluster has it; None where it has none, or nobody answers.

    Raises:
        LabError: Whoever asks may not read it, so that nothing can be said of what runs.
    """
    where = ["--namespace", namespace] if namespace else []
    result = ask(options, *where, "get", kind, name, "--ignore-not-found", "--output=json", seconds=_SECONDS)
    if "(Forbidden)" in result.stderr:
        reason = _("you may not read it in namespace {namespace}").format(namespace=namespace)
        raise LabError(reason, object=f"{kind}/{name}", next_step="lab config show --offline")
    if result.returncode or not result.stdout.strip():
        return None
    live: dict[str, Any] = json.loads(result.stdout)
    return live
