"""What production takes by a component once several teams share it: quotas, rights, autoscaling, priorities."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_helpers import shell
from lab_helpers.kube.quantities import quantity
from tests.unit.infra.test_manifests import PROJECTS, Rendered, render

_COMPONENTS = ("tenancy", "autoscaling", "priorities")
_BOUNDED = ("resourcequotas", "limitranges", "roles", "rolebindings")
_WRITE = {"create", "update", "patch", "delete", "deletecollection", "*"}


@pytest.fixture(scope="module")
def production(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Production with all of its components."""
    repository = tmp_path_factory.mktemp("shared") / "infra"
    shutil.copytree(template, repository)
    shell.run([repository / "_shared/scripts/env/setup_env_secure.sh", "production"])
    file = repository / "k8s/overlays/production/kustomization.yaml"
    whole = yaml.safe_load(file.read_text())
    whole["components"] += _COMPONENTS
    file.write_text(yaml.safe_dump(whole))
    return render(file.parent)


def _pods(production: Rendered, project: str) -> list[dict[str, Any]]:
    """The pod templates of a project's workloads, once for each pod that there may be during a rollout."""
    scaler = production.get("HorizontalPodAutoscaler", "prj-02")["spec"]
    pods = []
    for kind in ("Deployment", "StatefulSet", "CronJob"):
        for item in production.of(kind):
            if item["metadata"]["namespace"] == project:
                spec = item["spec"]["jobTemplate"]["spec"] if kind == "CronJob" else item["spec"]
                count = spec.get("replicas", 1) + (kind == "Deployment")
                if item["metadata"]["name"] == scaler["scaleTargetRef"]["name"]:
                    count = scaler["maxReplicas"] + 1
                pods += count * [spec["template"]["spec"]]
    return pods


@pytest.mark.parametrize("project", PROJECTS)
def test_a_quota_has_room_for_a_rollout_at_the_greatest_scale(production: Rendered, project: str) -> None:
    hard = production.get("ResourceQuota", project)["spec"]["hard"]
    pods = _pods(production, project)
    for kind in ("requests", "limits"):
        for resource in ("cpu", "memory"):
            taken = sum(
                quantity(container["resources"][kind][resource]) or 0 for pod in pods for container in pod["containers"]
            )
            assert taken <= (quantity(hard[f"{kind}.{resource}"]) or 0), f"{kind}.{resource}"
    assert len(pods) <= int(hard["pods"])


@pytest.mark.parametrize("project", PROJECTS)
def test_no_container_asks_for_more_than_its_range_allows(production: Rendered, project: str) -> None:
    (limits,) = production.get("LimitRange", project)["spec"]["limits"]
    assert set(limits["default"]) == set(limits["defaultRequest"]) == {"cpu", "memory"}
    for pod in _pods(production, project):
        for container in (*pod.get("initContainers", []), *pod["containers"]):
            for resource, most in limits["max"].items():
                assert (quantity(container["resources"]["limits"][resource]) or 0) <= (quantity(most) or 0)


@pytest.mark.parametrize("project", PROJECTS)
def test_a_team_may_do_everything_but_move_its_own_bounds(production: Rendered, project: str) -> None:
    role, binding = (production.get(kind, f"{project}-team") for kind in ("Role", "RoleBinding"))
    assert role["metadata"]["namespace"] == binding["metadata"]["namespace"] == project
    assert binding["subjects"] == [
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": f"{project}-team"}
    ]
    assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) == ("Role", f"{project}-team")
    writable = {resource for rule in role["rules"] if _WRITE & {*rule["verbs"]} for resource in rule["resources"]}
    assert {"deployments", "secrets", "pods/exec", "networkpolicies", "cronjobs"} <= writable
    assert not {"resourcequotas", "limitranges", "roles", "rolebindings", "*"} & writable
    assert not production.of("ClusterRoleBinding")


def test_what_is_scaled_requests_what_it_is_measured_by(production: Rendered) -> None:
    scaler = production.get("HorizontalPodAutoscaler", "prj-02")["spec"]
    (metric,) = scaler["metrics"]
    assert metric["resource"]["name"] in production.web["resources"]["requests"]
    assert 1 < scaler["minReplicas"] < scaler["maxReplicas"]


def test_batch_yields_to_what_says_nothing(production: Rendered) -> None:
    batch = production.get("PriorityClass", "batch")
    assert batch["value"] < 0
    assert batch["preemptionPolicy"] == "Never"
    assert not batch["globalDefault"]
    assert production.template("CronJob", "prj-03")["spec"]["priorityClassName"] == "batch"
    assert "priorityClassName" not in production.template("Deployment", "prj-02")["spec"]


def test_none_of_it_is_there_before_somebody_asks_for_it(template: Path) -> None:
    for directory in _BOUNDED:
        assert len(list((template / "k8s/base" / directory).glob("prj-0*.yaml"))) == len(PROJECTS)
    whole = yaml.safe_load((template / "k8s/overlays/production/kustomization.yaml").read_text())
    assert not {*_COMPONENTS} & {*whole["components"]}
