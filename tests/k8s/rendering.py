"""A Deploy repository as it is applied: each kustomization rendered, each component upon the base it belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_helpers import shell

__all__ = ["kustomizations", "render"]

Object = dict[str, Any]

_BASE = "k8s/base"


def kustomizations(repository: Path) -> list[str]:
    """The directories with a kustomization, relative to the repository."""
    return sorted(str(file.parent.relative_to(repository)) for file in repository.rglob("kustomization.yaml"))


def render(repository: Path, directory: str) -> list[Object]:
    """What ``kubectl apply -k`` would send.

    Args:
        repository: Its root, writable.
        directory: A kustomization. A component is rendered upon the base, which it changes.
    """
    kubectl = shell.find("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not on PATH: nothing here can render a kustomization")
    content = yaml.safe_load((repository / directory / "kustomization.yaml").read_text())
    if content["kind"] == "Component":
        trial = repository / "trial"
        trial.mkdir(exist_ok=True)
        upon = {"resources": [f"../{_BASE}"], "components": [f"../{directory}"]}
        (trial / "kustomization.yaml").write_text(yaml.safe_dump(upon))
        directory = "trial"
    output = shell.run([kubectl, "kustomize", repository / directory], env={"KUBERC": "off"}).stdout
    return [each for each in yaml.safe_load_all(output) if each is not None]
