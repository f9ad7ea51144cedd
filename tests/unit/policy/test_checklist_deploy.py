"""`lab checklist deploy`: boxes are ticked by what a repository deploys in the end, and open without it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab_helpers import checkout, shell
from lab_helpers.cli.main import app
from lab_helpers.errors import LabError

from .trees import write

_CIPHER = "AgB" + "kzVq9X0hTn4JwRc2LmYd8Es" * 14

_WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: ghcr.io/org/web
          ports: [{name: http, containerPort: 8080}]
          envFrom: [{configMapRef: {name: web-config}}, {secretRef: {name: web-secrets}}]
          resources: {requests: {cpu: 10m, memory: 32Mi}, limits: {cpu: 1, memory: 64Mi}}
          readinessProbe: {httpGet: {path: /ready, port: http}}
          livenessProbe: {httpGet: {path: /health, port: http}}
          volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: web-data-pvc}}]
"""
_REPOSITORY: Mapping[str, str] = {
    "k8s/base/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
        "  - namespaces/shop.yaml\n  - deployments/web.yaml\n  - services/web.yaml\n  - configmaps/web-config.yaml\n"
        "  - pvc/web-data-pvc.yaml\n"
    ),
    "k8s/base/namespaces/shop.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
    "k8s/base/deployments/web.yaml": _WEB,
    "k8s/base/services/web.yaml": (
        "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop, labels: {app: web}}\n"
        "spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}\n"
    ),
    "k8s/base/configmaps/web-config.yaml": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-config, namespace: shop}\ndata: {LOG_LEVEL: info}\n"
    ),
    "k8s/base/pvc/web-data-pvc.yaml": (
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: web-data-pvc, namespace: shop}\n"
        "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
    ),
    "k8s/overlays/production/kustomization.yaml": (
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - ../../base\n"
        "  - ../../../_shared/secrets/sealed/web-secrets.yaml\n"
        "images:\n  - name: ghcr.io/org/web\n    newTag: v1.0.0\n"
    ),
    "_shared/secrets/sealed/web-secrets.yaml": (
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: web-secrets, namespace: shop}\n"
        f"spec: {{encryptedData: {{API_KEY: {_CIPHER}}}}}\n"
    ),
    "_shared/monitoring/values.yaml": "prometheus: {prometheusSpec: {retention: 7d}}\nalertmanager: {enabled: true}\n",
    "_shared/monitoring/web.yaml": (
        "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: web, namespace: shop}\n"
        "spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: http}]}\n"
    ),
    "_shared/monitoring/alerts.yaml": (
        "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: web, namespace: shop}\n"
        "spec: {groups: [{name: web, rules: [{alert: Down, expr: up == 0}]}]}\n"
    ),
    "_shared/scripts/deploy/deploy.sh": (
        "#!/bin/sh\nkubectl apply -k k8s/overlays/production\n"
        "kubectl -n shop rollout status deployment/web || kubectl -n shop rollout undo deployment/web\n"
    ),
}
_SEALED = "_shared/secrets/sealed/web-secrets.yaml"
_OVERLAY = "k8s/overlays/production/kustomization.yaml"
_SCRIPT = "_shared/scripts/deploy/deploy.sh"
_SOPS = (
    "apiVersion: v1\nkind: Secret\nmetadata: {name: web-secrets, namespace: shop}\n"
    "stringData: {API_KEY: 'ENC[AES256_GCM,data:Zm9v,iv:YmFy,tag:YmF6,type:str]'}\n"
    "sops: {mac: 'ENC[AES256_GCM,data:cXV4,type:str]', version: 3.11.0}\n"
)


def _checklist(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["checklist", "deploy", *map(str, arguments)], catch_exceptions=True)
    if isinstance(result.exception, LabError):
        return result.exception.exit_code, str(result.exception)
    return result.exit_code, result.stdout


def _repository(root: Path, files: Mapping[str, str]) -> Path:
    shell.run(["git", "init", "--quiet", write(root, files)])
    for file in root.rglob("*.sh"):
        file.chmod(0o755)
    return root


def _open(root: Path) -> set[str]:
    _code, text = _checklist("--json", root)
    boxes = json.loads(text)["boxes"]
    open_points = [point for box in boxes for point in box["points"] if point["state"] == "open"]
    assert all(point["next_step"] for point in open_points)
    return {box["box"] for box in boxes if box["state"] == "open"}


@pytest.mark.parametrize("sealed", [_REPOSITORY[_SEALED], _SOPS], ids=["sealed-secrets", "sops"])
def test_a_complete_repository_has_every_box_ticked(sealed: str, tmp_path: Path) -> None:
    code, text = _checklist(_repository(tmp_path, {**_REPOSITORY, _SEALED: sealed}))
    assert "✗" not in text, text
    assert (code, text.splitlines()[-1]) == (0, "all boxes are ticked")


@pytest.mark.parametrize(
    ("file", "written", "instead", "boxes"),
    [
        ("k8s/base/kustomization.yaml", "  - namespaces/shop.yaml\n", "", "namespaces kustomization"),
        ("k8s/base/namespaces/shop.yaml", "name: shop", "name: shops", "namespaces"),
        ("k8s/base/configmaps/web-config.yaml", ", namespace: shop", "", "namespaces"),
        (_OVERLAY, "newTag: v1.0.0", "newTag: latest", "deployments"),
        ("k8s/base/deployments/web.yaml", "resources: {req", "annotations: {req", "deployments"),
        ("k8s/base/deployments/web.yaml", "livenessProbe", "startupProbe", "deployments"),
        ("k8s/base/services/web.yaml", "targetPort: http", "targetPort: web", "services"),
        ("k8s/base/services/web.yaml", "selector: {app: web}", "selector: {app: shop}", "services"),
        (
            "k8s/base/configmaps/web-config.yaml",
            "LOG_LEVEL: info",
            "DB_PASSWORD: 7c1f4be0a5d94b1f",
            "configmaps secrets",
        ),
        ("k8s/base/deployments/web.yaml", "{configMapRef: {name: web-config}}, ", "", "configmaps"),
        ("k8s/base/deployments/web.yaml", "claimName: web-data-pvc", "claimName: web-date-pvc", "claims"),
        ("k8s/base/deployments/web.yaml", "persistentVolumeClaim: {claimName: web-data-pvc}", "emptyDir: {}", "claims"),
        (_OVERLAY, "images:\n  - name: ghcr.io/org/web\n    newTag: v1.0.0\n", "", "deployments production"),
        (_SEALED, _CIPHER, "not-yet-sealed", "secrets"),
        (_SEALED, _CIPHER, "YWJj", "secrets"),
        (_SEALED, "name: web-secrets", "name: others", "secrets"),
        (_SEALED, "namespace: shop", "namespace: other", "namespaces secrets"),
        ("_shared/monitoring/values.yaml", "prometheus:", "prometheuses:", "monitoring"),
        ("_shared/monitoring/web.yaml", "app: web", "app: shop", "monitoring"),
        ("_shared/monitoring/web.yaml", "port: http", "port: metrics", "monitoring"),
        ("_shared/monitoring/alerts.yaml", "alert: Down", "record: down", "monitoring"),
        (_SCRIPT, "kubectl apply -k", "# kubectl apply -k", "scripts"),
        (_SCRIPT, "kubectl apply -k", "echo kubectl apply -k", "scripts"),
        (_SCRIPT, "kubectl apply -k", "kubectl apply --dry-run=server -k", "scripts"),
        (_SCRIPT, " || kubectl -n shop rollout undo deployment/web", "", "scripts"),
        (_SCRIPT, "rollout status", "get", "scripts"),
    ],
)
def test_without_its_evidence_a_box_is_open(file: str, written: str, instead: str, boxes: str, tmp_path: Path) -> None:
    assert written in _REPOSITORY[file]
    changed = {**_REPOSITORY, file: _REPOSITORY[file].replace(written, instead, 1)}
    assert _open(_repository(tmp_path, changed)) == set(boxes.split())


def test_a_secret_that_is_sealed_and_lies_in_plain_text_too_is_open(tmp_path: Path) -> None:
    about = "apiVersion: v1\nkind: Secret\nmetadata: {name: web-secrets, namespace: shop}\n"
    plain = f"{about}stringData: {{API_KEY: 7c1f4be0}}\n"
    root = _repository(tmp_path, {**_REPOSITORY, "k8s/more/web.yaml": plain})
    assert _open(root) == {"secrets"}
    assert "7c1f4be0" not in _checklist(root)[1]


def test_a_script_that_cannot_be_started_is_open(tmp_path: Path) -> None:
    root = _repository(tmp_path, _REPOSITORY)
    (root / _SCRIPT).chmod(0o644)
    assert _open(root) == {"scripts"}
    assert "git update-index --chmod=+x" in _checklist(root)[1]


def test_words_alone_tick_nothing(tmp_path: Path) -> None:
    words = "\n".join(f"# {line}" for text in _REPOSITORY.values() for line in text.splitlines())
    files = {"README.md": words, "k8s/base/all.yaml": words, _SCRIPT: words, _OVERLAY: "resources: []\n"}
    code, text = _checklist("--json", _repository(tmp_path, files))
    assert code == 1
    assert {box["box"] for box in json.loads(text)["boxes"] if box["state"] == "ticked"} == set()


def test_an_app_repository_is_no_deploy_repository(tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM debian\n", "src/main.py": "print(1)\n"}
    assert _open(_repository(tmp_path, files)) == {
        *("repository", "namespaces", "deployments", "services", "configmaps", "claims", "kustomization"),
        *("production", "secrets", "monitoring", "scripts"),
    }


def test_of_the_template_only_what_is_each_teams_own_is_open() -> None:
    assert {"repository", "secrets"} <= _open(checkout.infra_directory()) <= {"repository", "secrets", "monitoring"}


def test_the_template_as_a_whole_is_said_to_be_two_repositories() -> None:
    code, text = _checklist(checkout.source_directory())
    assert code == 2
    assert "lab checklist deploy" in text
    assert "infra" in text
