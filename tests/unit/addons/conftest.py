"""A cluster that keeps what is applied to it, and an add-on that is nowhere but in a directory of the test."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab_helpers import addons
from lab_helpers.addons import catalogue
from lab_helpers.addons.contract import Addon
from lab_helpers.images.registry import Registry
from tests.unit.clusters import UnusableCluster
from tests.unit.kube.api_server import ApiServer, Call, write_kubeconfig

Object = dict[str, Any]

_KINDS = [
    ("", "v1", "configmaps", "ConfigMap", True),
    ("", "v1", "namespaces", "Namespace", False),
    ("", "v1", "secrets", "Secret", True),
    ("", "v1", "serviceaccounts", "ServiceAccount", True),
    ("apps", "v1", "deployments", "Deployment", True),
    ("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", False),
    ("apiregistration.k8s.io", "v1", "apiservices", "APIService", False),
    ("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", False),
    ("toys.example.com", "v1", "toys", "Toy", True),
]


class ObjectServer:
    """Keeps objects by their address; what is applied is at once as it should be."""

    def __init__(self, api: ApiServer) -> None:
        self.api = api
        self.objects: dict[str, Object] = {}
        self.applied: list[str] = []
        self.deleted: list[str] = []
        self.refused: dict[str, str] = {}
        api.take = self._take  # type: ignore[method-assign]

    def _take(self, call: Call) -> None:
        self.api.calls.append(call)
        if call.path in ("/api", "/apis"):
            call.answer(_discovery(is_core=call.path == "/api"))
        elif call.method == "PATCH":
            self._apply(call)
        elif call.query.get("labelSelector"):
            call.answer({"items": [self.objects[path] for path in self._selected(call)]})
        elif call.path not in self.objects:
            call.refuse(404, "not found")
        elif call.method == "DELETE":
            name = call.path.rpartition("/")[2]
            self.deleted.append(name)
            call.answer(self.objects.pop(call.path))
            group = name.partition(".")[2]  # of a definition, with which its resources go
            self.objects = {path: content for path, content in self.objects.items() if f"/{group}/v1/" not in path}
        else:
            call.answer(self.objects[call.path])

    def _selected(self, call: Call) -> list[str]:
        label = call.query["labelSelector"]
        return [
            path
            for path, content in self.objects.items()
            if path.startswith(f"{call.path}/") and label in content["metadata"].get("labels", {})
        ]

    def _apply(self, call: Call) -> None:
        content = json.loads(call.body)
        name = content["metadata"]["name"]
        if name in self.refused:
            call.refuse(422, self.refused[name])
            return
        self.applied.append(name)
        content["metadata"] |= {"uid": f"uid-of-{name}", "generation": 1}
        if content["kind"] == "Deployment":
            content["status"] = {
                "observedGeneration": 1,
                "updatedReplicas": 1,
                "availableReplicas": 1,
            }
        if content["kind"] == "CustomResourceDefinition":
            content["status"] = {"conditions": [{"type": "Established", "status": "True"}]}
        self.objects[call.path] = content
        call.answer(content)


def _discovery(*, is_core: bool) -> Object:
    items = []
    for group, version, plural, kind, is_namespaced in _KINDS:
        if (not group) is is_core:
            resource = {
                "resource": plural,
                "responseKind": {"kind": kind},
                "scope": "Namespaced" if is_namespaced else "Cluster",
                "singularResource": kind.lower(),
            }
            metadata = {"name": group} if group else {}
            items.append({"metadata": metadata, "versions": [{"version": version, "resources": [resource]}]})
    return {"items": items}


class ToyCluster(UnusableCluster):
    """What an add-on needs of a cluster: a kubeconfig, a registry, and who made it."""

    is_kept = True

    def __init__(self, directory: Path, port: int, provider: str = "embedded") -> None:
        self.name = "toy"
        self.provider = provider
        self._directory = directory
        self._kubeconfig = write_kubeconfig(directory, port)
        (directory / "password").write_text("a-password\n")

    @property
    def kubeconfig(self) -> Path:
        return self._kubeconfig

    @property
    def registry(self) -> Registry:
        return Registry("ghcr.io", "127.0.0.1", 1, self._directory / "ca.crt", "lab", self._directory / "password")


@pytest.fixture
def server(api: ApiServer) -> ObjectServer:
    return ObjectServer(api)


@pytest.fixture
def cluster(server: ObjectServer, tmp_path: Path) -> ToyCluster:
    return ToyCluster(tmp_path, server.api.port)


_PACKAGE = '''
"""A toy."""

from pathlib import Path

from lab_helpers.addons.conditions import available
from lab_helpers.addons.contract import Addon

_READY = (available("deployment", "toy", "toys"),)

ADDON = Addon(
    name="throw-away",
    summary="A toy.",
    directory=Path(__file__).parent,
    ready=_READY,
    provided={"k3d": _READY, "existing": _READY},
)
'''

_MANIFESTS = """\
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.toys.example.com}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: account, namespace: toys}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: role}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: toy, namespace: toys}
spec:
  template: {spec: {serviceAccountName: account, containers: [{name: toy, image: toy}]}}
---
apiVersion: toys.example.com/v1
kind: Toy
metadata: {name: own, namespace: toys}
---
apiVersion: v1
kind: Namespace
metadata: {name: toys}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: toys.toys.example.com}
"""


@pytest.fixture
def throw_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Addon]:
    """An add-on of which the project knows nothing but that its directory is there."""
    directory = tmp_path / "beside" / "throw_away"
    (directory / "manifests" / "base").mkdir(parents=True)
    (directory / "__init__.py").write_text(_PACKAGE)
    (directory / "manifests" / "base" / "all.yaml").write_text(_MANIFESTS)
    monkeypatch.setattr(addons, "__path__", [*addons.__path__, str(directory.parent)])
    importlib.invalidate_caches()
    yield catalogue.addon("throw-away")
    sys.modules.pop(f"{addons.__name__}.throw_away", None)
