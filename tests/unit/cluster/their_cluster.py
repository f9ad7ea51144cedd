"""A stand-in for somebody else's cluster: namespaces with labels, objects in them, a user with rights."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from lab_helpers.cluster.existing.namespaces import LABEL, LABEL_VALUE
from lab_helpers.errors import Forbidden, LabError, Unauthorized
from lab_helpers.workbook.course.territory import of_workbook

Object = dict[str, Any]

_KINDS = {
    "deployment": "Deployment",
    "pod": "Pod",
    "service": "Service",
    "configmap": "ConfigMap",
    "secret": "Secret",
    "pvc": "PersistentVolumeClaim",
    "statefulset": "StatefulSet",
    "cronjob": "CronJob",
    "job": "Job",
    "networkpolicy": "NetworkPolicy",
    "poddisruptionbudget": "PodDisruptionBudget",
    "serviceaccount": "ServiceAccount",
    "namespace": "Namespace",
    "storageclass": "StorageClass",
}


class TheirCluster:
    """Answers as ``Client`` does; every namespace the workbook needs is there and labelled until a test says else."""

    def __init__(self) -> None:
        self.server = "https://theirs.example.com"
        self.objects: dict[tuple[str, str, str], Object] = {}
        self.forbidden: set[str] = set()
        self.refused: set[tuple[str, str]] = set()
        self.knows_user = True
        self.answers = True
        self.log: list[str] = []
        for storage_class in ("local-path", "gp3"):
            self.put("storageclass", storage_class)
        for namespace in of_workbook().namespaces:
            self.put("namespace", namespace, labels={LABEL: LABEL_VALUE})
            self.put("configmap", "kube-root-ca.crt", namespace)

    def put(self, kind: str, name: str, namespace: str = "", **about: object) -> None:
        """Put an object there, past all rights."""
        metadata = {"name": name, "namespace": namespace, "uid": str(uuid4()), **about}
        self.objects[(_KINDS[kind], namespace, name)] = {"kind": _KINDS[kind], "metadata": metadata}

    def names(self, namespace: str) -> set[str]:
        """What is in a namespace, besides what every one has."""
        return {f"{kind}/{name}" for kind, where, name in self.objects if where == namespace} - {
            "ConfigMap/kube-root-ca.crt"
        }

    @property
    def client(self) -> Callable[..., TheirCluster]:
        """What stands in the place of the class ``Client``."""
        return lambda *_, **__: self

    def get(self, kind: str, name: str, namespace: str | None = None) -> Object | None:
        self._ask(f"get {kind}/{name}")
        if name in self.forbidden:
            raise Forbidden(f"{kind} is forbidden (HTTP 403)", object=f"{kind}/{name}")
        return copy.deepcopy(self.objects.get((_KINDS[kind], namespace or "", name)))

    def list(self, kind: str, namespace: str | None = None, selector: str = "") -> list[Object]:
        self._ask(f"list {kind}")
        key = (_KINDS[kind], namespace)
        return [copy.deepcopy(item) for (proper, where, _), item in self.objects.items() if (proper, where) == key]

    def apply(self, manifest: Object, owner: str = "lab") -> Object:
        about = manifest["metadata"]
        self._ask(f"apply {manifest['kind']}/{about['name']}")
        key = (manifest["kind"], about["namespace"], about["name"])
        self.objects[key] = {**manifest, "metadata": {**about, "uid": str(uuid4())}}
        return manifest

    def delete(
        self,
        kind: str,
        name: str,
        namespace: str | None = None,
        wait_seconds: float = 30,
        with_dependents: bool = False,
    ) -> None:
        self._ask(f"delete {kind}/{name}")
        word = next(word for word, proper in _KINDS.items() if kind in (word, proper))
        self.objects.pop((_KINDS[word], namespace or "", name), None)

    def is_allowed(self, verb: str, resource: str, namespace: str, group: str = "") -> bool:
        return (verb, resource) not in self.refused

    def server_version(self) -> str:
        self._ask("version")
        return "v1.33.4"

    def _ask(self, request: str) -> None:
        if not self.answers:
            raise LabError("did not answer within 5 s", object=f"API server {self.server}", next_step="lab status")
        if not self.knows_user:
            raise Unauthorized("Unauthorized (HTTP 401)", object="API server")
        self.log.append(request)
