"""The Deploy repository renders, holds the architecture's rules, and each overlay holds only its delta."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_helpers import shell
from lab_helpers.errors import CommandFailed

Manifest = dict[str, Any]

ENVIRONMENTS = ("staging", "production")
IMMUTABLE_TAG = re.compile(r"v\d+\.\d+\.\d+|sha-[0-9a-f]{7,40}")


class Rendered:
    """The manifests of one overlay, found by kind."""

    def __init__(self, text: str) -> None:
        self.manifests: list[Manifest] = list(yaml.safe_load_all(text))

    def only(self, kind: str) -> Manifest:
        (manifest_of_kind,) = [manifest for manifest in self.manifests if manifest["kind"] == kind]
        return manifest_of_kind

    @property
    def pod(self) -> Manifest:
        spec: Manifest = self.only("Deployment")["spec"]["template"]["spec"]
        return spec

    @property
    def container(self) -> Manifest:
        (container,) = self.pod["containers"]
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


def test_names_follow_the_architecture(overlay: Rendered) -> None:
    identities = {(m["kind"], m["metadata"]["name"], m["metadata"].get("namespace")) for m in overlay.manifests}
    assert identities == {
        ("ValidatingAdmissionPolicy", "immutable-image-tags", None),
        ("ValidatingAdmissionPolicyBinding", "immutable-image-tags-binding", None),
        ("Namespace", "prj-02", None),
        ("Deployment", "prj-02", "prj-02"),
        ("Service", "prj-02", "prj-02"),
        ("ConfigMap", "prj-02-config", "prj-02"),
        ("Secret", "prj-02-secrets", "prj-02"),
        ("PersistentVolumeClaim", "prj-02-data-pvc", "prj-02"),
    }


def test_image_has_an_immutable_tag(overlay: Rendered) -> None:
    name, _, tag = overlay.container["image"].partition(":")
    assert name == "ghcr.io/org/prj-02"
    assert IMMUTABLE_TAG.fullmatch(tag), tag
    assert overlay.pod["imagePullSecrets"] == [{"name": "ghcr-secret"}]
    assert "command" not in overlay.container, "how the application starts is the image's business"


def test_labels_and_selectors_agree(overlay: Rendered) -> None:
    deployment, service = overlay.only("Deployment")["spec"], overlay.only("Service")["spec"]
    assert deployment["selector"] == {"matchLabels": {"app": "prj-02"}}
    assert service["selector"] == {"app": "prj-02"}
    labels = deployment["template"]["metadata"]["labels"]
    assert labels == {
        "app": "prj-02",
        "app.kubernetes.io/name": "prj-02",
        "app.kubernetes.io/part-of": "kubernetes-lab",
    }
    for kind in ("Deployment", "Service", "ConfigMap", "Secret", "PersistentVolumeClaim"):
        assert overlay.only(kind)["metadata"]["labels"] == labels, kind


def test_service_reaches_the_port_the_application_listens_on(overlay: Rendered) -> None:
    (port,) = overlay.only("Service")["spec"]["ports"]
    container_ports = {p["name"]: p["containerPort"] for p in overlay.container["ports"]}
    assert (port["port"], container_ports[port["targetPort"]]) == (80, 8080)
    assert overlay.only("ConfigMap")["data"]["PORT"] == "8080"


def test_rollout_loses_no_request(overlay: Rendered) -> None:
    spec = overlay.only("Deployment")["spec"]
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
    }
    assert overlay.container["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "http"}
    assert overlay.container["readinessProbe"]["periodSeconds"] == 1
    assert overlay.container["livenessProbe"]["httpGet"] == {"path": "/health", "port": "http"}
    pre_stop = overlay.container["lifecycle"]["preStop"]["sleep"]["seconds"]
    drain = float(overlay.only("ConfigMap")["data"]["DRAIN_SECONDS"])
    assert pre_stop >= 1
    assert pre_stop + drain < overlay.pod["terminationGracePeriodSeconds"]


def test_resources_are_requested_and_limited(overlay: Rendered) -> None:
    for bound in ("requests", "limits"):
        assert set(overlay.container["resources"][bound]) == {"cpu", "memory"}


def test_container_has_no_more_rights_than_it_needs(overlay: Rendered) -> None:
    pod, container = overlay.pod["securityContext"], overlay.container["securityContext"]
    assert (pod["runAsNonRoot"], pod["runAsUser"], pod["fsGroup"]) == (True, 10001, 10001)
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert overlay.pod["automountServiceAccountToken"] is False


def test_volumes_lie_where_the_configuration_says(overlay: Rendered) -> None:
    volumes = {volume["name"]: volume for volume in overlay.pod["volumes"]}
    assert volumes["data"]["persistentVolumeClaim"] == {"claimName": "prj-02-data-pvc"}
    assert "emptyDir" in volumes["cache"]
    mounts = {mount["name"]: mount["mountPath"] for mount in overlay.container["volumeMounts"]}
    config = overlay.only("ConfigMap")["data"]
    assert mounts == {"data": config["DATA_DIR"], "cache": config["CACHE_DIR"]}
    claim = overlay.only("PersistentVolumeClaim")["spec"]
    assert (claim["storageClassName"], claim["accessModes"]) == ("local-path", ["ReadWriteOnce"])


def test_configuration_covers_what_the_application_requires(overlay: Rendered) -> None:
    sources = overlay.container["envFrom"]
    assert sources == [
        {"configMapRef": {"name": "prj-02-config"}},
        {"secretRef": {"name": "prj-02-secrets"}},
    ]
    provided = overlay.only("ConfigMap")["data"].keys() | overlay.only("Secret")["data"].keys()
    assert {"DATA_DIR", "CACHE_DIR", "UNIT_PRICE", "API_KEY"} <= provided


def test_secret_values_are_generated_and_differ_by_environment(rendered: dict[str, Rendered]) -> None:
    values = [base64.b64decode(rendered[e].only("Secret")["data"]["API_KEY"]) for e in ENVIRONMENTS]
    assert all(len(value) == 48 for value in values)
    assert values[0] != values[1]


def differences(first: Any, second: Any, path: str = "") -> Iterator[str]:
    if isinstance(first, dict) and isinstance(second, dict):
        for key in sorted(first.keys() | second.keys()):
            yield from differences(first.get(key), second.get(key), f"{path}.{key}")
    elif first != second:
        yield path


def test_environments_differ_only_where_they_should(rendered: dict[str, Rendered]) -> None:
    staging, production = (
        {manifest["kind"]: manifest for manifest in rendered[environment].manifests} for environment in ENVIRONMENTS
    )
    assert set(differences(staging, production)) == {
        ".ConfigMap.data.LOG_LEVEL",
        ".Deployment.spec.progressDeadlineSeconds",
        ".Deployment.spec.replicas",
        ".Namespace.metadata.labels.environment",
        ".PersistentVolumeClaim.spec.resources.requests.storage",
        ".Secret.data.API_KEY",
    }
    assert (staging["Deployment"]["spec"]["replicas"], production["Deployment"]["spec"]["replicas"]) == (2, 3)
    assert staging["Deployment"]["spec"]["progressDeadlineSeconds"] == 8
    assert production["PersistentVolumeClaim"]["spec"]["resources"]["requests"] == {"storage": "10Gi"}


def test_patches_change_something_and_repeat_nothing(template: Path) -> None:
    base = {
        (m["kind"], m["metadata"]["name"]): m
        for path in (template / "k8s/base").glob("*/*.yaml")
        for m in yaml.safe_load_all(path.read_text())
    }
    for path in (template / "k8s/overlays").glob("*/*/patches/*.yaml"):
        patch = yaml.safe_load(path.read_text())
        if isinstance(patch, list):  # JSON patch: it names what it replaces
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
    listed = yaml.safe_load((template / "k8s/base/kustomization.yaml").read_text())["resources"]
    files = sorted(str(p.relative_to(template / "k8s/base")) for p in (template / "k8s/base").glob("*/*.yaml"))
    assert sorted(listed) == files
    for name in files:
        (manifest,) = yaml.safe_load_all((template / "k8s/base" / name).read_text())
        assert Path(name).stem == manifest["metadata"]["name"]
    (container,) = yaml.safe_load((template / "k8s/base/deployments/prj-02.yaml").read_text())["spec"]["template"][
        "spec"
    ]["containers"]
    assert container["image"] == "ghcr.io/org/prj-02"


def test_nothing_of_an_app_repository_is_in_it(template: Path) -> None:
    own = {".gitignore", ".template.toml"}
    # Migrations are an exception of the template's (section 1.1), while one database serves all.
    suffixes = {path.suffix for path in template.rglob("*") if path.is_file() and path.name not in own}
    assert suffixes <= {".yaml", ".md", ".sh", ".ps1", ".example", ".env", ".sql"}
    assert not [path for path in template.rglob("*") if path.name.lower() in {"dockerfile", "package.json"}]


def test_no_secret_is_written_into_a_manifest(template: Path) -> None:
    for path in template.rglob("*.yaml"):
        assert "kind: Secret\n" not in path.read_text(), path
    for path in template.rglob("*.env.example"):
        assert not re.search(r"^\w+=.+$", path.read_text(), re.MULTILINE), path


def test_overlay_without_its_secrets_names_the_missing_file(deploy_repository: Path) -> None:
    overlay = deploy_repository / "k8s/overlays/staging"
    with pytest.raises(CommandFailed, match=r"prj-02\.env"):
        render(overlay)
