"""Kustomizations are built as kubectl builds them, and every value keeps the line it was written in."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_helpers import programs, shell
from lab_helpers.errors import LabError
from lab_helpers.policy import files
from lab_helpers.policy.changes.cluster import plain
from lab_helpers.policy.changes.hashing import with_hashes
from lab_helpers.policy.manifests.building import Builder
from lab_helpers.policy.manifests.nodes import dig
from lab_helpers.policy.manifests.objects import Manifest

TREE = """
=== base/kustomization.yaml
resources: [web.yaml, rest.yaml]
configMapGenerator:
  - name: generated
    literals: [A=1, 'B=<two & "three">']
    files: [settings.ini, other=settings.ini]
  - {name: fixed, envs: [settings.env], options: {disableNameSuffixHash: true}}
generatorOptions: {annotations: {c: d}, labels: {a: c}}
secretGenerator:
  - {name: keys, literals: [password=hunter2], options: {labels: {a: b}, immutable: true}}
=== base/settings.ini
level = info
=== base/settings.env
# a comment
LEVEL=info
=== base/web.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: web
      initContainers: [{name: migrate, image: ghcr.io/org/web}]
      containers:
        - name: web
          image: ghcr.io/org/web:v1.0.0
          ports: [{containerPort: 8080, name: http}]
          env: [{name: A, value: "1"}, {name: B, value: "2"}]
          envFrom: [{configMapRef: {name: generated}}, {secretRef: {name: keys}}, {configMapRef: {name: fixed}}]
        - {name: log, image: "fluent/fluent-bit:3.1.0"}
      volumes:
        - {name: data, persistentVolumeClaim: {claimName: web-data-pvc}}
        - {name: settings, configMap: {name: generated}}
=== base/rest.yaml
apiVersion: v1
kind: ServiceAccount
metadata: {name: web}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: web-data-pvc}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, minReplicas: 2, maxReplicas: 4}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: web}
subjects: [{kind: ServiceAccount, name: web, namespace: old}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
=== component/kustomization.yaml
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
  - target: {kind: Deployment}
    patch: |-
      - op: add
        path: /spec/template/spec/priorityClassName
        value: high
=== overlays/patched/kustomization.yaml
resources: [../../base]
components: [../../component]
namespace: shop
images:
  - {name: ghcr.io/org/web, newName: registry.example.com/web, newTag: v1.2.3}
  - {name: fluent/fluent-bit, digest: "sha256:0123456789012345678901234567890123456789012345678901234567890123"}
replicas: [{name: web, count: 3}]
configMapGenerator:
  - {name: generated, behavior: merge, literals: [A=4]}
patches:
  - path: web.yaml
  - target: {kind: PersistentVolumeClaim, name: web-.*}
    patch: |-
      - {op: replace, path: /spec/resources/requests/storage, value: 10Gi}
      - {op: test, path: /spec/accessModes/0, value: ReadWriteOnce}
      - {op: add, path: /spec/accessModes/-, value: ReadOnlyMany}
  - patch: |-
      apiVersion: networking.k8s.io/v1
      kind: NetworkPolicy
      metadata: {name: web}
      $patch: delete
=== overlays/patched/web.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: web
          env: [{name: A, value: "3"}, {name: B, $patch: delete}, {name: C, value: "4"}]
          ports: [{containerPort: 8080, name: web}]
          resources: {limits: {memory: 64Mi}}
      volumes:
        - {name: settings, $patch: delete}
=== overlays/named/kustomization.yaml
resources: [../patched]
namePrefix: my-
nameSuffix: '-1'
commonLabels: {team: shop}
patches:
  - target: {kind: Deployment}
    patch: |-
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: each, namespace: nowhere, labels: {tier: web}}
      spec: {template: {spec: {tolerations: [{key: gone, operator: Exists}]}}}
=== overlays/labelled/kustomization.yaml
resources: [../../base]
namespace: other
labels:
  - {pairs: {a: b}, includeSelectors: true}
  - {pairs: {c: d}, includeTemplates: true}
  - {pairs: {e: f}}
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    _before, *parts = re.split(r"^=== (\S+)\n", TREE, flags=re.MULTILINE)
    for path, text in zip(parts[::2], parts[1::2], strict=True):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def build(tree: Path, directory: str) -> list[Manifest]:
    built = Builder({file.path: file for file in files.read(tree).files}).build(directory)
    assert (built.faults, built.gaps) == ([], [])
    return built.manifests


def kubectl() -> str:
    try:
        return str(programs.find("kubectl")["kubectl"])
    except LabError:
        pytest.skip("kubectl is neither on PATH nor in the cache")


def canonical(objects: list[Any]) -> dict[str, Any]:
    """Objects by kind and name, with the items of lists in one order."""
    return {f"{each['kind']}/{each['metadata']['name']}": _sorted(each) for each in objects}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


@pytest.mark.parametrize("overlay", ["patched", "named", "labelled"])
def test_a_build_is_that_of_kubectl(overlay: str, tree: Path) -> None:
    manifests = with_hashes(build(tree, f"overlays/{overlay}"))
    printed = shell.run([kubectl(), "kustomize", tree / "overlays" / overlay]).stdout
    expected = canonical(list(yaml.safe_load_all(printed)))
    built = canonical([encoded(plain(each.content)) for each in manifests])
    assert sorted(built) == sorted(expected)
    for name, content in expected.items():
        assert built[name] == content, name


def encoded(content: Any) -> Any:
    """A Secret as kubectl prints it."""
    if "stringData" in content:
        content["data"] = {key: b64encode(value.encode()).decode() for key, value in content.pop("stringData").items()}
    return content


def test_every_value_keeps_the_line_it_was_written_in(tree: Path) -> None:
    manifests = {manifest.kind: manifest for manifest in build(tree, "overlays/patched")}
    deployment, claim = manifests["Deployment"].content, manifests["PersistentVolumeClaim"].content
    web = dig(deployment, "spec", "template", "spec")["containers"][0]
    assert web.at("image") == ("overlays/patched/kustomization.yaml", 5)
    assert web.at("resources", "limits") == ("overlays/patched/web.yaml", 11)
    assert web.origin == ("base/web.yaml", 13)
    assert deployment.at("spec", "replicas") == ("overlays/patched/kustomization.yaml", 7)
    assert claim.at("spec", "resources", "requests", "storage") == ("overlays/patched/kustomization.yaml", 14)
    assert deployment.at("metadata", "namespace") == ("overlays/patched/kustomization.yaml", 3)


@pytest.mark.parametrize(
    ("version", "kind", "labels", "gaps"),
    [
        ("monitoring.coreos.com/v1", "PrometheusRule", "", 0),
        ("v1", "ConfigMap", "labels: {grafana_dashboard: '1'}", 0),
        ("v1", "ConfigMap", "", 1),
    ],
)
def test_what_an_alert_or_a_dashboard_fills_in_later_is_no_gap(
    tmp_path: Path, version: str, kind: str, labels: str, gaps: int
) -> None:
    (tmp_path / "kustomization.yaml").write_text("resources: [each.yaml]\n")
    metadata = "\n  ".join(["name: each", *([labels] if labels else [])])
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata:\n  {metadata}\ndata: {{text: '{{{{ $labels.pod }}}}'}}\n"
    (tmp_path / "each.yaml").write_text(text)
    built = Builder({file.path: file for file in files.read(tmp_path).files}).build("")
    assert len(built.gaps) == gaps
    assert len(built.manifests) == 1
