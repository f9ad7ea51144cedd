"""The manifests of the probe: its namespace, its pull secret and its pod."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

from lab_helpers.kube.client import Client
from lab_helpers.kube.transport import Object

__all__ = ["NAME", "create_namespace", "pod_manifest", "pull_secret_manifest"]

NAME = "probe"
_PULL_SECRET = "probe-pull"  # noqa: S105 - the name of a Secret
_LABELS = {"app.kubernetes.io/name": NAME, "app.kubernetes.io/managed-by": "lab"}
# The pod's activeDeadlineSeconds beyond the probe's own bound, in case the lab is killed.
_SPARE_SECONDS = 60
# Where the control plane has a node of its own, there: the stream that is to see another node die survives it.
_NODE_AFFINITY = {
    "preferredDuringSchedulingIgnoredDuringExecution": [
        {
            "weight": 100,
            "preference": {
                "matchExpressions": [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}]
            },
        }
    ]
}


def create_namespace(client: Client, name: str) -> None:
    """Create the probe's namespace if missing."""
    if client.get("namespace", name) is None:
        client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": _LABELS}})


def pull_secret_manifest(namespace: str, docker_config: bytes) -> Object:
    """The pull secret of the probe's image."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": _PULL_SECRET, "namespace": namespace, "labels": _LABELS},
        "data": {".dockerconfigjson": base64.b64encode(docker_config).decode()},
    }


def pod_manifest(namespace: str, image: str, settings: Mapping[str, str], needs_secret: bool) -> Object:
    """The probe's pod; ``settings`` are the environment variables that ``probe.js`` reads."""
    bound = int(float(settings["PROBE_SECONDS"])) + _SPARE_SECONDS
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": NAME, "namespace": namespace, "labels": _LABELS},
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": bound,
            "terminationGracePeriodSeconds": 3,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "imagePullSecrets": [{"name": _PULL_SECRET}] if needs_secret else [],
            "affinity": {"nodeAffinity": _NODE_AFFINITY},
            # One DNS query at a time and no search list: of two queries sent at once from one port, the node's
            # connection tracking can drop one, and a lost query would look like a failed request.
            "dnsConfig": {"options": [{"name": "ndots", "value": "1"}, {"name": "single-request"}]},
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [_container(image, settings)],
        },
    }


def _container(image: str, settings: Mapping[str, str]) -> Object:
    return {
        "name": NAME,
        "image": image,
        "command": ["node", "-e", Path(__file__).with_name("probe.js").read_text(encoding="utf-8")],
        "env": [{"name": name, "value": value} for name, value in settings.items()],
        "resources": {
            # What measures others must not wait for them: of a busy node's time each gets what it has requested.
            "requests": {"cpu": "100m", "memory": "48Mi"},
            "limits": {"cpu": "500m", "memory": "128Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
    }
