"""Prove metrics-server on any cluster: figures of pods, a workload that scales out and back, and nothing left of it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from lab_helpers import programs, shell, wait
from lab_helpers.cluster.base import Cluster
from lab_helpers.images import debian, program_image, registry
from lab_helpers.images.layout import ImageLayout
from tests.commands import Run

__all__ = ["prove"]

_REFERENCE = "ghcr.io/tests/idler:1"
_NAMESPACE = "autoscaling"
_SECONDS = 150.0

# Idle until somebody makes a file; then it takes what its limit allows, and no more.
_IDLE = "while :; do [ -e /tmp/busy ] || /usr/bin/busybox sleep 0.2; done"
_OBJECTS = {
    "apiVersion": "v1",
    "kind": "List",
    "items": [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "idler", "namespace": _NAMESPACE},
            "spec": {
                "selector": {"matchLabels": {"app": "idler"}},
                "template": {
                    "metadata": {"labels": {"app": "idler"}},
                    "spec": {
                        "terminationGracePeriodSeconds": 0,
                        "imagePullSecrets": [{"name": "pull"}],
                        "containers": [
                            {
                                "name": "idler",
                                "image": _REFERENCE,
                                "args": ["sh", "-c", _IDLE],
                                "resources": {"requests": {"cpu": "50m"}, "limits": {"cpu": "100m"}},
                            }
                        ],
                    },
                },
            },
        },
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "idler", "namespace": _NAMESPACE},
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "idler"},
                "minReplicas": 1,
                "maxReplicas": 2,
                "metrics": [
                    {
                        "type": "Resource",
                        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}},
                    }
                ],
                "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}},
            },
        },
    ],
}


def prove(cluster: Cluster, lab: Run) -> None:
    """Install metrics-server twice, see what pods use, let a load scale a workload out and its end scale it back.

    Args:
        cluster: A running cluster of a lab.
        lab: Runs ``lab`` to its end.
    """
    before = _cluster_wide(cluster)
    for _time in range(2):
        installed = lab("addon", "install", "metrics-server", "--name", cluster.name)
        assert installed.returncode == 0, installed.stderr
    _push(cluster)
    _kubectl(cluster, "create", "namespace", _NAMESPACE)
    config = cluster.registry.docker_config(cluster.kubeconfig.parent / "idler" / "config.json")
    secret = ("create", "secret", "docker-registry", "pull", f"--from-file=.dockerconfigjson={config}")
    _kubectl(cluster, "-n", _NAMESPACE, *secret)
    _kubectl(cluster, "apply", "-f", "-", input=json.dumps(_OBJECTS))
    _kubectl(cluster, "-n", _NAMESPACE, "rollout", "status", "deployment/idler", f"--timeout={_SECONDS:.0f}s")
    _wait_figures(cluster)
    _kubectl(cluster, "-n", _NAMESPACE, "exec", "deployment/idler", "--", "/usr/bin/busybox", "touch", "/tmp/busy")
    _wait_replicas(cluster, 2)
    for pod in _kubectl(cluster, "-n", _NAMESPACE, "get", "pods", "-o", "name").split():
        _kubectl(cluster, "-n", _NAMESPACE, "exec", pod, "--", "/usr/bin/busybox", "rm", "-f", "/tmp/busy")
    _wait_replicas(cluster, 1)
    _kubectl(cluster, "delete", "namespace", _NAMESPACE)
    removed = lab("addon", "remove", "metrics-server", "--name", cluster.name)
    assert removed.returncode == 0, removed.stderr
    assert _cluster_wide(cluster) == before
    remaining = _kubectl(cluster, "-n", "kube-system", "get", "all,secret,serviceaccount,rolebinding", "-o", "name")
    assert "metrics-server" not in remaining
    assert "kubernetes-lab" not in remaining


def _push(cluster: Cluster) -> None:
    busybox = debian.unpack("catatonit", "busybox-static").root / "bin" / "busybox"
    with tempfile.TemporaryDirectory() as directory:
        layout = ImageLayout(Path(directory))
        image = program_image.write(layout, _REFERENCE, {"busybox": busybox})
        registry.push(layout, image, cluster.registry, *cluster.registry.locate(_REFERENCE))


def _wait_figures(cluster: Cluster) -> None:
    top = ("-n", _NAMESPACE, "top", "pods", "--no-headers")
    wait.until(
        lambda: "idler" in _kubectl(cluster, *top),
        seconds=_SECONDS,
        outcome="be measured",
        object="deployment/idler",
        every=1,
    )


def _wait_replicas(cluster: Cluster, replicas: int) -> None:
    path = f"/apis/apps/v1/namespaces/{_NAMESPACE}/deployments/idler"

    def is_scaled() -> bool:
        deployment = cluster.read(path)
        assert deployment is not None
        return bool(deployment["status"].get("availableReplicas") == deployment["spec"]["replicas"] == replicas)

    wait.until(
        is_scaled,
        seconds=_SECONDS,
        outcome=f"scale to {replicas}",
        object="deployment/idler",
        last_event=lambda: _kubectl(cluster, "-n", _NAMESPACE, "describe", "hpa", "idler"),
        every=0.5,
    )


def _cluster_wide(cluster: Cluster) -> set[str]:
    """What belongs to the whole cluster and could be an add-on's."""
    return set(_kubectl(cluster, "get", "apiservice,crd,clusterrole,clusterrolebinding", "-o", "name").split())


def _kubectl(cluster: Cluster, *arguments: str, input: str | None = None) -> str:  # noqa: A002
    program = programs.resolve(lambda _line: None, "kubectl")["kubectl"]
    command: list[str | Path] = [program, f"--kubeconfig={cluster.kubeconfig}", *arguments]
    return shell.run(command, input=input, timeout=_SECONDS + 10).stdout
