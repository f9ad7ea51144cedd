"""Storage as the architecture has it: a class called local-path, the default, whose directories lie below /data."""

from __future__ import annotations

import json
from pathlib import Path

from lab_helpers.kube.client import Client
from lab_helpers.kube.transport import Object

__all__ = ["NAMESPACE", "PROVISIONER", "apply"]

NAMESPACE = "local-path-storage"
PROVISIONER = "local-path-provisioner"

_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_OWNER = "kubernetes-lab"


def apply(kubeconfig: Path) -> None:
    """Tell kind's own provisioner where to put directories, and make the class."""
    client = Client(kubeconfig)
    for manifest in (_paths(), _demoted(), _class(), _restarted()):
        client.apply(manifest, field_manager=_OWNER)


def _paths() -> Object:
    """The part of the provisioner's configuration that says where; its scripts stay kind's."""
    paths = {"nodePathMap": [{"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": ["/data"]}]}
    return _object("v1", "ConfigMap", "local-path-config", NAMESPACE, data={"config.json": json.dumps(paths)})


def _demoted() -> Object:
    """Kind's class over the same provisioner, no longer the default."""
    found = _object("storage.k8s.io/v1", "StorageClass", "standard", provisioner="rancher.io/local-path")
    found["metadata"]["annotations"] = {_DEFAULT: "false"}
    return found


def _class() -> Object:
    made = _object(
        "storage.k8s.io/v1",
        "StorageClass",
        "local-path",
        provisioner="rancher.io/local-path",
        parameters={"pathPattern": "{{ .PVC.Namespace }}/{{ .PVC.Name }}"},
        volumeBindingMode="WaitForFirstConsumer",
        reclaimPolicy="Delete",
    )
    made["metadata"]["annotations"] = {_DEFAULT: "true"}
    return made


def _restarted() -> Object:
    # A running provisioner would notice the new paths within a minute; a new pod has them from its start.
    template = {"metadata": {"annotations": {"kubernetes-lab/paths": "/data"}}}
    return _object("apps/v1", "Deployment", PROVISIONER, NAMESPACE, spec={"template": template})


def _object(version: str, kind: str, name: str, namespace: str = "", **content: object) -> Object:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}
