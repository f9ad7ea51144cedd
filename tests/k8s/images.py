"""Images by name, and which of them staging and production refuse: one table for the lint and the cluster's policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import yaml

from lab_helpers import checkout

__all__ = ["ACCEPTED", "NAMESPACE", "REFUSED", "deployment", "objects", "policies"]

Object = dict[str, Any]

NAMESPACE = "guarded"

_DIGEST = "sha256:" + "0123456789abcdef" * 4

REFUSED = (
    "web",
    "web:latest",
    "ghcr.io/org/web",
    "ghcr.io/org/web:latest",
    "ghcr.io/org/web:main",
    "ghcr.io/org/web:stable-alpine",
    "ghcr.io/org/web:latest-v1.2.3",
    "ghcr.io/org/web:v1",
    "ghcr.io/org/web:v1.2",
    "ghcr.io/org/web:1.2",
    "ghcr.io/org/web:v1.2.x",
    "ghcr.io/org/web:v01.2.3",
    "ghcr.io/org/web:v1.2.3.4",
    "ghcr.io/org/web:v1.2.3_1",
    "ghcr.io/org/web:release-v1.2.3",
    "ghcr.io/org/web:abc1234",
    "ghcr.io/org/web:sha-abc",
    "ghcr.io/org/web:sha-main",
    "ghcr.io/org/web:SHA-ABC1234",
    "registry.example.com:5000/web",
    "registry.example.com:5000/org/web",
    "registry.example.com:5000/org/web:latest",
    "localhost:5000/web:v2",
    "redis:7-alpine",
    "ghcr.io/org/v1.2.3",
    f"ghcr.io/org/web@{_DIGEST[:-1]}",
)

ACCEPTED = (
    "web:v1.2.3",
    "ghcr.io/org/web:v0.0.0",
    "ghcr.io/org/web:v1.2.3",
    "ghcr.io/org/web:1.2.3",
    "ghcr.io/org/web:v10.20.30-rc.1",
    "ghcr.io/org/web:1.2.3-latest",
    "redis:7.2.4-alpine3.19",
    "ghcr.io/org/web:sha-abc1234",
    f"ghcr.io/org/web:sha-{'0123456789' * 4}",
    "registry.example.com:5000/org/web:v1.2.3",
    "registry.example.com:5000/web:sha-0000000",
    "registry.example.com:5000/latest:v1.2.3",
    f"ghcr.io/org/web@{_DIGEST}",
    f"ghcr.io/org/web:latest@{_DIGEST}",
    f"registry.example.com:5000/web@{_DIGEST}",
)

_FINE = "ghcr.io/org/web:v1.2.3"


def objects(image: str, name: str) -> Iterator[Object]:
    """An object of each kind that makes pods, with an image in each place where a pod names one.

    Args:
        image: The image.
        name: What the objects are called; further Deployments have a suffix.
    """
    for kind, wrap in _KINDS.items():
        yield _object(kind, name, wrap(_pod(image, kind)))
    yield deployment(f"{name}-init", image=_FINE, init=image)
    yield deployment(f"{name}-volume", image=_FINE, volume=image)


def deployment(name: str, image: str, init: str = "", volume: str = "") -> Object:
    """A Deployment in the guarded namespace."""
    pod = _pod(image, "Deployment")
    if init:
        pod["spec"]["initContainers"] = [{"name": "init", "image": init}]
    if volume:
        pod["spec"]["volumes"] = [{"name": "files", "image": {"reference": volume}}]
    return _object("Deployment", name, _replicated(pod))


def policies() -> list[Object]:
    """The policy and its binding, as the Deploy repository has them."""
    directory = checkout.infra_directory() / "k8s/base/policies"
    return [yaml.safe_load(file.read_text()) for file in sorted(directory.glob("immutable-image-tags*.yaml"))]


def _pod(image: str, kind: str) -> Object:
    spec: Object = {"containers": [{"name": "web", "image": image}]}
    if kind in ("Job", "CronJob"):
        spec["restartPolicy"] = "Never"
    return {"metadata": {"labels": {"app": "web"}}, "spec": spec}


def _replicated(pod: Object) -> Object:
    return {"spec": {"selector": {"matchLabels": {"app": "web"}}, "template": pod}}


_KINDS: dict[str, Callable[[Object], Object]] = {
    "Pod": lambda pod: pod,
    "Deployment": _replicated,
    "ReplicaSet": _replicated,
    "DaemonSet": _replicated,
    "StatefulSet": lambda pod: {"spec": {**_replicated(pod)["spec"], "serviceName": "web"}},
    "ReplicationController": lambda pod: {"spec": {"selector": {"app": "web"}, "template": pod}},
    "Job": lambda pod: {"spec": {"template": pod}},
    "CronJob": lambda pod: {"spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": pod}}}},
}
_VERSIONS = {"Pod": "v1", "ReplicationController": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}


def _object(kind: str, name: str, content: Object) -> Object:
    metadata = {**content.get("metadata", {}), "name": name, "namespace": NAMESPACE}
    return {"apiVersion": _VERSIONS.get(kind, "apps/v1"), "kind": kind, **content, "metadata": metadata}
