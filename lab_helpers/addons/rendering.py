"""The manifests of an add-on as objects, in the order they are applied: upstream's and its own, images named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab_helpers.addons import manifests
from lab_helpers.addons.contract import Addon
from lab_helpers.kube.transport import Object

__all__ = ["DEFINITION", "LAST", "render", "with_pull_secret"]

DEFINITION = "CustomResourceDefinition"
LAST = ("APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
"""What reaches into every request of the API server comes when what answers it is there, and goes before that."""

_FIRST = (DEFINITION, "Namespace", "Secret")
_WORKLOADS = ("Deployment", "DaemonSet", "StatefulSet", "Job")


def render(addon: Addon, provider: str, references: Mapping[str, str], upstream: Path | None = None) -> list[Object]:
    """The objects of an add-on for the clusters of a provider, in the order they are applied.

    Args:
        addon: The add-on.
        provider: Who made the cluster.
        references: What each image is called in the cluster, by what the manifests call it.
        upstream: The directory of upstream's own manifests; None where it has none.

    Raises:
        LabError: A manifest cannot be read.
    """
    names = "|".join(map(re.escape, references)) or "(?!)"  # which is nowhere
    image = re.compile(rf"(?<![\w./-])({names})(:[\w.-]+)?(@sha256:[0-9a-f]+)?(?![\w./@:-])")
    objects = [_named(content, image, references) for content in manifests.objects(addon, provider, upstream)]
    return sorted(objects, key=_rank)  # which leaves those of one rank in their order


def _named(value: Any, image: re.Pattern[str], references: Mapping[str, str]) -> Any:  # noqa: ANN401 - whatever JSON holds
    """A value with every image called by its reference, also where it stands in a text: a flag, a ConfigMap."""
    if isinstance(value, str):
        return image.sub(lambda match: references[match[1]], value)
    if isinstance(value, dict):
        return {key: _named(item, image, references) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item, image, references) for item in value]
    return value


def with_pull_secret(objects: Sequence[Object], secret: str, credentials: str) -> list[Object]:
    """The objects, with what their pods pull from the lab's registry with, in the order they are applied.

    Pods that others make with an account of these objects pull with it too.

    Args:
        objects: What is to be applied; changed.
        secret: What the Secret is called: each add-on has its own, which goes with it.
        credentials: A Docker configuration with the registry's.
    """
    namespaces = set()
    for content in objects:
        template = _pod_template(content)
        if template is not None and "namespace" in content["metadata"]:
            namespaces.add(content["metadata"]["namespace"])
        holder = template["spec"] if template else content if content["kind"] == "ServiceAccount" else {}
        holder.setdefault("imagePullSecrets", []).append({"name": secret})
    return sorted([*(_secret(secret, namespace, credentials) for namespace in sorted(namespaces)), *objects], key=_rank)


def _secret(name: str, namespace: str, credentials: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": credentials},
    }


def _rank(content: Object) -> int:
    kind = content["kind"]
    if kind in _FIRST:
        return _FIRST.index(kind)
    return len(_FIRST) + (kind in LAST)


def _pod_template(content: Object) -> Object | None:
    if content["kind"] == "CronJob":
        content = content["spec"]["jobTemplate"]
    elif content["kind"] not in _WORKLOADS:
        return None
    template: Object = content["spec"]["template"]
    return template
