"""A workspace on a cluster that is not as the template has it: its registry, its storage, its namespaces."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
import yaml

from lab_helpers import checkout, shell
from lab_helpers.cluster.base import STORAGE_CLASS, Capability, Cluster
from lab_helpers.images.registry import Registry
from lab_helpers.workbook.learner.localizing import localize

_IMAGE = "r.example.com:5000/team/org/prj-02"


def _cluster(*, own: bool) -> Cluster:
    host, prefix = ("r.example.com:5000", "team") if own else ("ghcr.io", "")
    known = {
        "registry": Registry(host, "10.0.0.1", 5000, Path("ca"), "me", Path("password"), prefix),
        "storage_class": "gp3" if own else STORAGE_CLASS,
        "capabilities": frozenset() if own else frozenset(Capability),
    }
    return cast(Cluster, SimpleNamespace(**known))


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    shutil.copytree(checkout.infra_directory(), tmp_path / "infra")
    shutil.copytree(checkout.labs_directory() / "lab_03_cluster" / "starter", tmp_path, dirs_exist_ok=True)
    return tmp_path


def _content(workspace: Path) -> dict[str, str]:
    return {str(path.relative_to(workspace)): path.read_text() for path in workspace.rglob("*") if path.is_file()}


def test_where_all_is_as_the_template_has_it_nothing_changes(workspace: Path) -> None:
    before = _content(workspace)
    localize(workspace, _cluster(own=False))
    assert _content(workspace) == before


def test_it_may_be_done_again(workspace: Path) -> None:
    localize(workspace, _cluster(own=True))
    before = _content(workspace)
    localize(workspace, _cluster(own=True))
    assert _content(workspace) == before


def test_a_chart_names_registry_and_class_in_its_values(workspace: Path) -> None:
    localize(workspace, _cluster(own=True))
    values = yaml.safe_load((workspace / "infra/helm/apps/prj-02/values.yaml").read_text())
    assert (values["image"]["repository"], values["storage"]["class"]) == (_IMAGE, "gp3")


def test_manifests_outside_a_kustomization_name_registry_and_class(workspace: Path) -> None:
    localize(workspace, _cluster(own=True))
    pod = yaml.safe_load((workspace / "pull.yaml").read_text())
    assert pod["spec"]["containers"][0]["image"] == f"{_IMAGE}:v1.0.0"
    assert yaml.safe_load((workspace / "claim.yaml").read_text())["spec"]["storageClassName"] == "gp3"


@pytest.mark.parametrize("overlay", ["staging", "production"])
def test_an_overlay_pulls_from_the_registry_and_makes_nothing_cluster_scoped(workspace: Path, overlay: str) -> None:
    localize(workspace, _cluster(own=True))
    base = (workspace / "infra/k8s/base/deployments/prj-02.yaml").read_text()
    assert "image: ghcr.io/org/prj-02\n" in base, "what kustomize replaces has to be there"
    kustomization = yaml.safe_load((workspace / f"infra/k8s/overlays/{overlay}/prj-02/kustomization.yaml").read_text())
    assert kustomization["images"] == [{"name": "ghcr.io/org/prj-02", "newName": _IMAGE, "newTag": "v1.0.0"}]
    below = yaml.safe_load((workspace / "infra/k8s/base/kustomization.yaml").read_text())
    assert not [name for name in below["resources"] if name.startswith(("namespaces/", "policies/"))]


@pytest.mark.parametrize("own", [False, True])
def test_what_a_colleague_changed_in_an_overlay_applies(workspace: Path, own: bool) -> None:
    localize(workspace, _cluster(own=own))
    patch = checkout.labs_directory() / "lab_01_template/starter/colleague/deploy.patch"
    shell.run(["git", "apply", patch], cwd=workspace / "infra")
    kustomization = yaml.safe_load((workspace / "infra/k8s/overlays/production/prj-02/kustomization.yaml").read_text())
    assert [entry["newTag"] for entry in kustomization["images"]] == ["latest"]


@pytest.mark.skipif(shell.find("kubectl") is None, reason="kubectl is not here")
def test_kustomize_renders_what_is_meant(workspace: Path) -> None:
    localize(workspace, _cluster(own=True))
    overlay = workspace / "infra/k8s/overlays/staging"
    for reference in (workspace / "infra/k8s/base/secrets").glob("*.env.example"):
        (overlay / "secrets" / reference.stem).write_text("KEY=x\n")
    rendered = list(yaml.safe_load_all(shell.run(["kubectl", "kustomize", overlay]).stdout))
    of = {(manifest["kind"], manifest["metadata"]["name"]): manifest for manifest in rendered}
    assert not {"Namespace", "StorageClass"} & {kind for kind, _name in of}
    pod = of["Deployment", "prj-02"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["image"] == f"{_IMAGE}:v1.0.0"
    claims = [manifest for (kind, _name), manifest in of.items() if kind == "PersistentVolumeClaim"]
    assert {claim["spec"]["storageClassName"] for claim in claims} == {"gp3"}
