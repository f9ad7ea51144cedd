"""What Argo CD applies is there, and is all that it is meant to be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_helpers import shell

Manifest = dict[str, Any]


def render(directory: Path) -> list[Manifest]:
    kubectl = shell.find("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not on PATH: nothing here can render an overlay")
    return list(yaml.safe_load_all(shell.run([kubectl, "kustomize", directory]).stdout))


def applications(repository: Path) -> list[Manifest]:
    return [yaml.safe_load(file.read_text()) for file in sorted((repository / "argocd/applications").glob("*.yaml"))]


def test_staging_of_prj_02_is_all_in_its_own_namespace(template: Path) -> None:
    staging = render(template / "argocd/sources/prj-02-staging")
    assert {content["metadata"]["labels"]["app"] for content in staging} == {"prj-02"}
    assert {content["metadata"].get("namespace", "") for content in staging} == {"", "prj-02-staging"}
    assert [content["kind"] for content in staging if "namespace" not in content["metadata"]] == ["Namespace"]
    assert {"Deployment", "Service", "PersistentVolumeClaim", "NetworkPolicy"} <= {
        content["kind"] for content in staging
    }


def test_the_storage_class_provisions_the_claim_of_staging(template: Path) -> None:
    staging = render(template / "argocd/sources/prj-02-staging")
    assert [content["metadata"]["name"] for content in staging if content["kind"] == "PersistentVolumeClaim"] == [
        "prj-02-staging-data-pvc"
    ]
    volumes = next(content for content in staging if content["kind"] == "Deployment")["spec"]["template"]["spec"][
        "volumes"
    ]
    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in volumes if "persistentVolumeClaim" in volume]
    assert claims == ["prj-02-staging-data-pvc"]


def test_every_application_applies_a_directory_that_is_there(template: Path) -> None:
    paths = [application["spec"]["source"]["path"] for application in applications(template)]
    assert sorted(paths) == ["argocd/sources/prj-02-staging", "k8s/overlays/production"]
    assert all((template / path / "kustomization.yaml").exists() for path in paths)


def test_every_application_heals_itself_and_deletes_what_git_no_longer_has(template: Path) -> None:
    policies = [application["spec"]["syncPolicy"] for application in applications(template)]
    assert {tuple(policy["automated"].items()) for policy in policies} == {(("prune", True), ("selfHeal", True))}
