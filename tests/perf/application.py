"""An application like prj-02, as a user of a new cluster would deploy it first: pulled, with a claim and a Service."""

from __future__ import annotations

import base64
from pathlib import Path

from lab_helpers import wait
from lab_helpers.cluster.base import Cluster
from lab_helpers.images import application_images, applications
from lab_helpers.images.registry import push
from lab_helpers.kube.client import Client
from lab_helpers.kube.transport import Object
from lab_helpers.observe.rollout import status

__all__ = ["use"]

_NAMESPACE = "perf"
_SETTINGS = {"DATA_DIR": "/app/data", "CACHE_DIR": "/tmp", "UNIT_PRICE": "12.50"}
_SECONDS = 90.0


def use(cluster: Cluster, directory: Path) -> None:
    """Push its image, deploy it, and return once all of it is rolled out and answers under its name.

    Args:
        cluster: A cluster whose node is Ready; add-ons may still be on their way.
        directory: For the pull secret.
    """
    application = applications.load("prj_02")
    release = application.releases[0]
    image = application.reference(release)
    layout = application_images.build(application, lambda line: None)
    push(layout, layout.image(image), cluster.registry, application.repository, release.tag)
    client = Client(cluster.kubeconfig)
    secret = cluster.registry.docker_config(directory / "config.json").read_bytes()
    for manifest in (_namespace(), _secret(secret), _claim(), _service(), _deployment(image)):
        client.apply(manifest)
    wait.until(lambda: status(client, "web", _NAMESPACE).is_complete, seconds=_SECONDS, outcome="complete its rollout")
    pod = client.list("pod", _NAMESPACE)[0]["metadata"]["name"]
    address = f"http://web.{_NAMESPACE}.svc.cluster.local/health"

    def answers() -> bool:
        return client.exec(pod, ["wget", "-qO-", address], _NAMESPACE).stdout.strip() == '{"status":"ok"}'

    wait.until(answers, seconds=_SECONDS, outcome="answer", object=address)


def _namespace() -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE}}


def _secret(content: bytes) -> Object:
    data = {".dockerconfigjson": base64.b64encode(content).decode()}
    return _object("v1", "Secret", "ghcr-secret", type="kubernetes.io/dockerconfigjson", data=data)


def _claim() -> Object:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "16Mi"}}}
    return _object("v1", "PersistentVolumeClaim", "web", spec=spec)


def _service() -> Object:
    spec = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}
    return _object("v1", "Service", "web", spec=spec)


def _deployment(image: str) -> Object:
    container = {
        "name": "web",
        "image": image,
        "env": [{"name": name, "value": value} for name, value in _SETTINGS.items()],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1},
        "volumeMounts": [{"name": "data", "mountPath": "/app/data"}],
    }
    pod = {
        "imagePullSecrets": [{"name": "ghcr-secret"}],
        "containers": [container],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "web"}}],
    }
    labels = {"app": "web"}
    spec = {
        "replicas": 2,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    return _object("apps/v1", "Deployment", "web", spec=spec)


def _object(version: str, kind: str, name: str, **content: object) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": _NAMESPACE}, **content}
