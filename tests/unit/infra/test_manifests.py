"""The Deploy repository renders, holds the architecture's rules, and each overlay holds only its delta."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_helpers import checkout, shell
from lab_helpers.errors import CommandFailed

Manifest = dict[str, Any]

ENVIRONMENTS = ("staging", "production")
PROJECTS = ("prj-01", "prj-02", "prj-03", "prj-04")
IMMUTABLE_TAG = re.compile(r"v\d+\.\d+\.\d+|sha-[0-9a-f]{7,40}")
CLUSTER_WIDE = ("Namespace", "StorageClass", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")

# How the pods of each image are told their settings, and by which label they are known.
WORKLOADS = {
    ("Deployment", "prj-01"): "prj-01",
    ("Deployment", "feed"): "feed",
    ("StatefulSet", "postgresql"): "postgresql",
    ("Deployment", "prj-02"): "prj-02",
    ("CronJob", "prj-03"): "prj-03",
    ("Deployment", "prj-04"): "prj-04",
    ("StatefulSet", "redis"): "redis",
}


class Rendered:
    """The manifests of one overlay, found by kind and name."""

    def __init__(self, text: str) -> None:
        self.manifests: list[Manifest] = list(yaml.safe_load_all(text))

    def of(self, kind: str) -> list[Manifest]:
        return [manifest for manifest in self.manifests if manifest["kind"] == kind]

    def get(self, kind: str, name: str) -> Manifest:
        (manifest,) = [manifest for manifest in self.of(kind) if manifest["metadata"]["name"] == name]
        return manifest

    def template(self, kind: str, name: str) -> Manifest:
        spec = self.get(kind, name)["spec"]
        template: Manifest = (spec["jobTemplate"]["spec"] if kind == "CronJob" else spec)["template"]
        return template

    def containers(self) -> Iterator[tuple[str, Manifest]]:
        """Every container of every workload, init containers included."""
        for kind, name in WORKLOADS:
            pod = self.template(kind, name)["spec"]
            for container in (*pod.get("initContainers", []), *pod["containers"]):
                yield f"{name}/{container['name']}", container

    @property
    def web(self) -> Manifest:
        (container,) = self.template("Deployment", "prj-02")["spec"]["containers"]
        assert isinstance(container, dict)
        return container


def render(directory: Path) -> Rendered:
    kubectl = shell.find("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not on PATH: nothing here can render an overlay")
    return Rendered(shell.run([kubectl, "kustomize", directory]).stdout)


@pytest.fixture(scope="module")
def rendered(template: Path) -> dict[str, Rendered]:
    result = {}
    for environment in ENVIRONMENTS:
        shell.run([template / "_shared/scripts/env/setup_env_secure.sh", environment])
        result[environment] = render(template / "k8s/overlays" / environment)
    return result


@pytest.fixture(params=ENVIRONMENTS)
def overlay(request: pytest.FixtureRequest, rendered: dict[str, Rendered]) -> Rendered:
    return rendered[request.param]


def test_every_project_has_its_namespace_and_whatever_is_in_it_says_so(overlay: Rendered) -> None:
    assert {manifest["metadata"]["name"] for manifest in overlay.of("Namespace")} == set(PROJECTS)
    for manifest in overlay.manifests:
        if manifest["kind"] not in CLUSTER_WIDE:
            assert manifest["metadata"]["namespace"] in PROJECTS, manifest["metadata"]["name"]


def test_namespaces_are_restricted_and_know_their_environment(rendered: dict[str, Rendered]) -> None:
    for environment in ENVIRONMENTS:
        for namespace in rendered[environment].of("Namespace"):
            assert namespace["metadata"]["labels"] == {
                "app.kubernetes.io/part-of": "kubernetes-lab",
                "environment": environment,
                "pod-security.kubernetes.io/enforce": "restricted",
                "pod-security.kubernetes.io/warn": "restricted",
            }


def test_claims_are_called_as_the_architecture_calls_them_and_retained(overlay: Rendered) -> None:
    claims = {manifest["metadata"]["name"]: manifest for manifest in overlay.of("PersistentVolumeClaim")}
    assert set(claims) == {"prj-01-db-pvc", "prj-02-data-pvc", "prj-03-reports-pvc", "prj-04-broker-pvc"}
    for name, claim in claims.items():
        assert name.startswith(f"{claim['metadata']['namespace']}-")
        assert claim["spec"]["storageClassName"] == "local-path-retain"
        assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert overlay.get("StorageClass", "local-path-retain")["reclaimPolicy"] == "Retain"
    mounted = {
        volume["persistentVolumeClaim"]["claimName"]
        for workload in WORKLOADS
        for volume in overlay.template(*workload)["spec"].get("volumes", [])
        if "persistentVolumeClaim" in volume
    }
    assert mounted == set(claims)


def test_images_have_immutable_tags_and_a_pull_secret(overlay: Rendered) -> None:
    for where, container in overlay.containers():
        name, _, tag = container["image"].partition(":")
        assert name.startswith("ghcr.io/org/"), where
        assert IMMUTABLE_TAG.fullmatch(tag), where
        assert "command" not in container, f"{where}: how the application starts is the image's business"
    for workload in WORKLOADS:
        assert overlay.template(*workload)["spec"]["imagePullSecrets"] == [{"name": "ghcr-secret"}]


def test_labels_and_selectors_agree(overlay: Rendered) -> None:
    for (kind, name), app in WORKLOADS.items():
        labels = {"app": app, "app.kubernetes.io/name": app, "app.kubernetes.io/part-of": "kubernetes-lab"}
        workload = overlay.get(kind, name)
        assert overlay.template(kind, name)["metadata"]["labels"] == labels == workload["metadata"]["labels"], name
        if kind != "CronJob":
            assert workload["spec"]["selector"] == {"matchLabels": {"app": app}}
    for manifest in overlay.manifests:
        if manifest["kind"] not in CLUSTER_WIDE:
            assert manifest["metadata"]["labels"]["app.kubernetes.io/part-of"] == "kubernetes-lab", manifest


def test_services_reach_a_port_that_a_container_has(overlay: Rendered) -> None:
    ports = {}
    for service in overlay.of("Service"):
        if service["spec"]["type"] == "ExternalName":
            continue
        (port,) = service["spec"]["ports"]
        (app,) = service["spec"]["selector"].values()
        (workload,) = [key for key, value in WORKLOADS.items() if value == app]
        assert overlay.get(*workload)["metadata"]["namespace"] == service["metadata"]["namespace"]
        (container,) = overlay.template(*workload)["spec"]["containers"]
        container_ports = {entry["name"]: entry["containerPort"] for entry in container["ports"]}
        ports[service["metadata"]["name"]] = (port["port"], container_ports[port["targetPort"]])
    assert ports == {
        "broker": (6379, 6379),
        "db": (5432, 5432),
        "feed": (80, 8080),
        "prj-01": (80, 8080),
        "prj-02": (80, 8080),
        "prj-04": (80, 8080),
    }
    assert overlay.get("ConfigMap", "prj-02-config")["data"]["PORT"] == "8080"


def test_each_project_calls_the_database_by_a_name_of_its_own(overlay: Rendered) -> None:
    for project in PROJECTS:
        service = overlay.get("Service", f"{project}-db")
        assert service["metadata"]["namespace"] == project
        assert service["spec"] == {"type": "ExternalName", "externalName": "db.prj-01.svc.cluster.local"}


def test_rollout_loses_no_request(overlay: Rendered) -> None:
    spec = overlay.get("Deployment", "prj-02")["spec"]
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
    }
    assert overlay.web["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "http"}
    assert overlay.web["readinessProbe"]["periodSeconds"] == 1
    pre_stop = overlay.web["lifecycle"]["preStop"]["sleep"]["seconds"]
    drain = float(overlay.get("ConfigMap", "prj-02-config")["data"]["DRAIN_SECONDS"])
    assert pre_stop >= 1
    assert pre_stop + drain < spec["template"]["spec"]["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("name", ["prj-01", "prj-04"])
def test_what_drains_gets_the_time_for_it(overlay: Rendered, name: str) -> None:
    drain = float(overlay.get("ConfigMap", f"{name}-config")["data"]["DRAIN_SECONDS"])
    assert drain < overlay.template("Deployment", name)["spec"]["terminationGracePeriodSeconds"]


def test_a_report_may_take_as_long_as_its_patience(overlay: Rendered) -> None:
    patience = float(overlay.get("ConfigMap", "prj-03-config")["data"]["PATIENCE_SECONDS"])
    job = overlay.get("CronJob", "prj-03")["spec"]
    assert 2 * patience < job["jobTemplate"]["spec"]["activeDeadlineSeconds"]
    assert job["concurrencyPolicy"] == "Forbid"


def test_the_feed_remembers_the_whole_hour_that_a_report_is_about(overlay: Rendered) -> None:
    feed = overlay.get("ConfigMap", "feed-config")["data"]
    assert overlay.get("ConfigMap", "prj-03-config")["data"]["WINDOW"] == "previous-hour"
    assert int(feed["FEED_HISTORY"]) > 2 * 3600 * float(feed["FEED_RATE"])


def test_everything_that_runs_on_is_probed_in_three_ways(overlay: Rendered) -> None:
    for kind, name in WORKLOADS:
        if kind == "CronJob":
            continue
        (container,) = overlay.template(kind, name)["spec"]["containers"]
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert container[probe]["timeoutSeconds"] >= 1, f"{name}: {probe}"
        if kind == "Deployment":
            assert container["livenessProbe"]["httpGet"] == {"path": "/health", "port": "http"}
            assert container["startupProbe"]["httpGet"] == {"path": "/health", "port": "http"}
            assert container["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "http"}


def test_resources_are_requested_and_limited(overlay: Rendered) -> None:
    for where, container in overlay.containers():
        for bound in ("requests", "limits"):
            assert set(container["resources"][bound]) == {"cpu", "memory"}, where


def test_pods_have_no_more_rights_than_they_need(overlay: Rendered) -> None:
    for where, container in overlay.containers():
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }, where
    for workload in WORKLOADS:
        pod = overlay.template(*workload)["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        assert pod["serviceAccountName"] == overlay.get(*workload)["metadata"]["namespace"]
    accounts = overlay.of("ServiceAccount")
    assert {account["metadata"]["name"] for account in accounts} == set(PROJECTS)
    assert not any(account["automountServiceAccountToken"] for account in accounts)


def test_a_disruption_takes_one_pod_at_a_time_and_never_waits_for_a_lone_one(overlay: Rendered) -> None:
    budgets = overlay.of("PodDisruptionBudget")
    assert {budget["metadata"]["name"] for budget in budgets} == {"prj-02", "prj-04"}
    assert [budget["spec"]["maxUnavailable"] for budget in budgets] == [1, 1]


def test_volumes_lie_where_the_configuration_says(overlay: Rendered) -> None:
    volumes = {volume["name"]: volume for volume in overlay.template("Deployment", "prj-02")["spec"]["volumes"]}
    assert volumes["data"]["persistentVolumeClaim"] == {"claimName": "prj-02-data-pvc"}
    assert "emptyDir" in volumes["cache"]
    mounts = {mount["name"]: mount["mountPath"] for mount in overlay.web["volumeMounts"]}
    config = overlay.get("ConfigMap", "prj-02-config")["data"]
    assert mounts == {"data": config["DATA_DIR"], "cache": config["CACHE_DIR"]}


@pytest.mark.parametrize("project", PROJECTS)
def test_configuration_is_what_the_application_knows_and_covers_what_it_requires(
    overlay: Rendered, project: str
) -> None:
    schema = (checkout.app_directory() / project.replace("-", "_") / ".env.example").read_text()
    required, known = (set(re.findall(rf"^{mark}([A-Z_]+)=$", schema, re.MULTILINE)) for mark in ("", "#?"))
    provided = {
        *overlay.get("ConfigMap", f"{project}-config")["data"],
        *overlay.get("Secret", f"{project}-secrets")["data"],
    }
    assert required <= provided
    assert provided <= known


def test_secret_values_are_generated_and_differ_by_environment(rendered: dict[str, Rendered]) -> None:
    for name, key in (("prj-02", "API_KEY"), ("postgresql", "POSTGRES_PASSWORD"), ("redis", "REDIS_PASSWORD")):
        staging, production = (_value(rendered[environment], name, key) for environment in ENVIRONMENTS)
        assert len(staging) >= 16
        assert staging != production


def test_each_project_has_a_login_of_its_own_and_only_the_server_knows_all(overlay: Rendered) -> None:
    passwords = [_value(overlay, "postgresql", f"PRJ_{project[-2:]}_PASSWORD") for project in PROJECTS]
    assert len({*passwords, _value(overlay, "postgresql", "POSTGRES_PASSWORD")}) == len(PROJECTS) + 1
    for project, password in zip(PROJECTS, passwords, strict=True):
        login = project.replace("-", "_")
        assert _value(overlay, project, "DATABASE_URL") == f"postgresql://{login}:{password}@{project}-db/lab"
    broker = f"redis://:{_value(overlay, 'redis', 'REDIS_PASSWORD')}@broker.prj-04/0"
    assert [_value(overlay, project, "BROKER_URL") for project in ("prj-01", "prj-04")] == [broker] * 2
    for kind, name in WORKLOADS:
        containers = [
            container
            for key in ("initContainers", "containers")
            for container in overlay.template(kind, name)["spec"].get(key, [])
        ]
        used = {
            source["secretRef"]["name"]
            for each in containers
            for source in each.get("envFrom", [])
            if "secretRef" in source
        }
        project = overlay.get(kind, name)["metadata"]["namespace"]
        assert used <= {f"{project}-secrets"}, name


def _value(overlay: Rendered, name: str, key: str) -> str:
    return base64.b64decode(overlay.get("Secret", f"{name}-secrets")["data"][key]).decode()


def test_no_value_is_so_long_that_kustomize_folds_it(template: Path, rendered: dict[str, Rendered]) -> None:
    for environment in ENVIRONMENTS:
        text = shell.run(["kubectl", "kustomize", template / "k8s/overlays" / environment]).stdout
        secrets = [document for document in text.split("\n---\n") if "\nkind: Secret\n" in document]
        assert len(secrets) == len(rendered[environment].of("Secret"))
        assert not any(": |" in secret for secret in secrets)


def differences(first: Any, second: Any, path: str = "") -> Iterator[str]:
    if isinstance(first, dict) and isinstance(second, dict):
        for key in sorted(first.keys() | second.keys()):
            yield from differences(first.get(key), second.get(key), f"{path}.{key}")
    elif first != second:
        yield path


def test_environments_differ_only_where_they_should(rendered: dict[str, Rendered]) -> None:
    staging, production = (
        {
            f"{manifest['kind']}/{manifest['metadata']['name']}": manifest
            for manifest in rendered[environment].manifests
            if manifest["kind"] != "Secret"
        }
        for environment in ENVIRONMENTS
    )
    assert set(differences(staging, production)) == {
        *(f".ConfigMap/{project}-config.data.LOG_LEVEL" for project in PROJECTS),
        *(f".Namespace/{project}.metadata.labels.environment" for project in PROJECTS),
        *(
            f".Deployment/{name}.spec.template.spec.{field}"
            for name in ("feed", "prj-01", "prj-02", "prj-04")
            for field in ("tolerations", "topologySpreadConstraints")
        ),
        ".Deployment/prj-02.spec.progressDeadlineSeconds",
        ".Deployment/prj-02.spec.replicas",
        ".Deployment/prj-04.spec.replicas",
        *(
            f".PersistentVolumeClaim/{name}-pvc.spec.resources.requests.storage"
            for name in ("prj-01-db", "prj-02-data", "prj-03-reports", "prj-04-broker")
        ),
    }
    replicas = [side["Deployment/prj-02"]["spec"]["replicas"] for side in (staging, production)]
    assert replicas == [2, 3]
    assert staging["Deployment/prj-02"]["spec"]["progressDeadlineSeconds"] == 15


def test_the_release_of_a_project_is_written_in_its_own_file(template: Path) -> None:
    for environment in ENVIRONMENTS:
        file = template / f"k8s/overlays/{environment}/prj-02/kustomization.yaml"
        assert file.read_text().count("newTag:") == 1
        whole = yaml.safe_load((template / f"k8s/overlays/{environment}/kustomization.yaml").read_text())
        assert whole["components"] == [*PROJECTS, "secrets"]
        assert "images" not in whole


def test_patches_change_something_and_repeat_nothing(template: Path) -> None:
    base = {
        (m["kind"], m["metadata"]["name"]): m
        for path in (template / "k8s/base").glob("*/*.yaml")
        if path.name != "kustomization.yaml"
        for m in yaml.safe_load_all(path.read_text())
    }
    patches = list((template / "k8s/overlays").glob("*/*/patches/*.yaml"))
    assert patches
    for path in patches:
        patch = yaml.safe_load(path.read_text())
        if isinstance(patch, list):  # JSON patch: it names what it replaces
            continue
        # A line that says where the rows are, which is where they were at first.
        if path.parts[-3] in ("prj-01-db", "prj-04-db"):
            continue
        original = base[patch["kind"], patch["metadata"]["name"]]
        repeated = [where for where, value in leaves(patch) if value == look_up(original, where)]
        assert {where[0] for where in repeated} <= {"apiVersion", "kind", "metadata"}, path


def leaves(node: Any, where: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(node, dict):
        yield where, node
        return
    for key, value in node.items():
        yield from leaves(value, (*where, key))


def look_up(node: Any, where: tuple[str, ...]) -> Any:
    for key in where:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def test_base_holds_one_resource_a_file_and_no_tag(template: Path) -> None:
    base = template / "k8s/base"
    own = [path.parent for path in base.glob("*/kustomization.yaml")]  # what an environment takes only by a component
    listed = {f"{directory.relative_to(base)}/{name}" for directory in own for name in _resources(directory)}
    listed |= {name.removeprefix("./") for name in _resources(base)}
    files = {str(path.relative_to(base)) for path in base.glob("*/*.yaml") if path.name != "kustomization.yaml"}
    assert listed == files
    for name in files:
        text = (base / name).read_text()
        (manifest,) = yaml.safe_load_all(text)
        assert Path(name).stem == manifest["metadata"]["name"]
        assert not re.search(r"image: \S+:", text), name


def _resources(directory: Path) -> list[str]:
    resources: list[str] = yaml.safe_load((directory / "kustomization.yaml").read_text())["resources"]
    return resources


def test_nothing_of_an_app_repository_is_in_it(template: Path) -> None:
    own = {".gitignore", ".helmignore", ".template.toml", "values.schema.json"}
    # Migrations are an exception of the template's (section 1.1), while one database serves all.
    suffixes = {path.suffix for path in template.rglob("*") if path.is_file() and path.name not in own}
    assert suffixes <= {".yaml", ".md", ".sh", ".ps1", ".example", ".env", ".sql", ".tpl"}
    assert not [path for path in template.rglob("*") if path.name.lower() in {"dockerfile", "package.json"}]


def test_no_secret_is_written_into_a_manifest(template: Path) -> None:
    for path in template.rglob("*.yaml"):
        assert "kind: Secret\n" not in path.read_text(), path
    for path in template.rglob("*.env.example"):
        assert not re.search(r"^\w+=.+$", path.read_text(), re.MULTILINE), path


def test_overlay_without_its_secrets_names_the_missing_file(deploy_repository: Path) -> None:
    overlay = deploy_repository / "k8s/overlays/staging"
    with pytest.raises(CommandFailed, match=r"prj-01\.env"):
        render(overlay)
