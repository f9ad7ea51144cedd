"""Create and delete namespaces for tests, with pull credentials for the lab's registry."""

from __future__ import annotations

import base64
import re
import secrets
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from lab_helpers import files
from lab_helpers.kube.transport import Object
from lab_helpers.testing.fixture import LabFixture

__all__ = ["add_pull_secret", "delete", "delete_command", "make"]

_LABELS = {"app.kubernetes.io/managed-by": "lab"}
_PULL_SECRET = "lab-registry"  # noqa: S105 - the name of a Secret
_LONGEST = 40  # of the part of a namespace's name that comes from the test


def make(cluster: LabFixture, test: str) -> LabFixture:
    """Create a namespace named after a test.

    Its pods pull from the lab's registry without naming a pull secret.

    Args:
        cluster: The session's cluster.
        test: The test's name, or another label.
    """
    name = f"{_slug(test)}-{secrets.token_hex(3)}"
    fixture = LabFixture(cluster.cluster, name, _kubeconfig(cluster, name))
    cluster.client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": _LABELS}})
    try:
        add_pull_secret(fixture)
    except BaseException:
        delete(fixture)
        raise
    return fixture


def add_pull_secret(fixture: LabFixture) -> None:
    """Add a pull secret for the lab's registry to a namespace's default ServiceAccount."""
    fixture.client.apply(_pull_secret(fixture.namespace, fixture.registry.docker_credentials().encode()))
    account = fixture.client.get("serviceaccount", "default", fixture.namespace) or {}
    others = [secret for secret in account.get("imagePullSecrets", []) if secret["name"] != _PULL_SECRET]
    fixture.client.apply(_account(fixture.namespace, others))


def delete(fixture: LabFixture) -> None:
    """Delete a namespace without waiting for its pods to terminate."""
    fixture.client.delete("namespace", fixture.namespace, wait_seconds=0)
    for path in _directory(fixture).glob(f"{fixture.namespace}.*"):
        path.unlink()


def delete_command(cluster: LabFixture, fixture: LabFixture) -> str:
    """The command that deletes a kept namespace."""
    return shlex.join(["kubectl", f"--kubeconfig={cluster.kubeconfig_path}", "delete", "namespace", fixture.namespace])


def _kubeconfig(cluster: LabFixture, namespace: str) -> Path:
    config: dict[str, Any] = yaml.safe_load(cluster.kubeconfig_path.read_text())
    for context in config["contexts"]:
        context["context"]["namespace"] = namespace
    directory = _directory(cluster)
    directory.mkdir(exist_ok=True)
    return files.write(directory / f"{namespace}.kubeconfig", yaml.safe_dump(config), private=True)


def _directory(cluster: LabFixture) -> Path:
    """The directory of the tests' private files; files of a killed run are deleted with the cluster."""
    return cluster.cluster.directory / "tests"


def _pull_secret(namespace: str, docker_config: bytes) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": _PULL_SECRET, "namespace": namespace},
        "data": {".dockerconfigjson": base64.b64encode(docker_config).decode()},
    }


def _account(namespace: str, others: Sequence[Object]) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": namespace},
        "imagePullSecrets": [*others, {"name": _PULL_SECRET}],
    }


def _slug(test: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", test.lower()).strip("-")
    return words[:_LONGEST].strip("-") or "test"
