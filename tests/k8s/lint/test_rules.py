"""`lab lint` is content with the Deploy repository, and each of its rules with none that is broken in one place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lab_helpers import checkout
from lab_helpers.policy.finding import Severity
from lab_helpers.policy.kind import Kind
from lab_helpers.policy.linting import lint
from lab_helpers.policy.registry import all_rules

_BASE = "k8s/base"
_RELEASE = "k8s/overlays/staging/prj-02/kustomization.yaml"
_WEB = f"{_BASE}/deployments/prj-02.yaml"
_WATCHED = "_shared/monitoring/servicemonitors/prj-02.yaml"

# A file and what is replaced in it: a pattern, and the text in its place. Without a pattern the file is new; below the
# base, where each kind has a directory, it is listed, too.
Edit = tuple[str, str, str]

_SELECTED = "selector: {matchLabels: {app: nobody}}"
_ABOUT = "metadata: {name: broken, namespace: prj-02}"
_SCALED = f"""\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
{_ABOUT}
spec:
  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: TARGET}}
  maxReplicas: 3
  metrics: [{{type: Resource, resource: {{name: cpu, target: {{type: Utilization, averageUtilization: 80}}}}}}]
"""
_INGRESS = f"""\
apiVersion: networking.k8s.io/v1
kind: Ingress
{_ABOUT}
spec:
  rules: [{{host: shop.example.com, http: {{paths: [{{path: /, pathType: Prefix, backend: BACKEND}}]}}}}]
"""
_BACKEND = "{service: {name: prj-02, port: {name: http}}}"
_MONITOR = f"""\
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
{_ABOUT}
spec: {{selector: {{matchLabels: {{app: prj-02}}}}, endpoints: [{{port: http}}]}}
"""
_PROMETHEUS = """\
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: broken, namespace: prj-02}
spec: {serviceMonitorSelector: {matchLabels: {release: prometheus}}}
"""
_POLICY = f"""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
{_ABOUT}
spec: {{podSelector: {{matchLabels: {{app: APP}}}}, DIRECTION}}
"""
_BINDING = f"""\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
{_ABOUT}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}}
subjects: [{{kind: ServiceAccount, name: broken, namespace: default}}]
"""
_KEY = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\n"
_SECRET = f"""\
apiVersion: v1
kind: Secret
{_ABOUT}
stringData: {{API_KEY: 7c1f4be0a5d94b1f8f6f0a2d}}
"""


def _classed(name: str, class_name: str) -> str:
    named = _INGRESS.replace("BACKEND", _BACKEND).replace("broken", name)
    return named.replace("spec:\n", f"spec:\n  ingressClassName: {class_name}\n") if class_name else named


def _new(file: str, text: str) -> tuple[Edit, ...]:
    return ((f"{_BASE}/{file}", "", text),)


BREAKING: list[tuple[str, tuple[Edit, ...]]] = [
    (
        "binding-subject",
        (
            *_new("serviceaccounts/broken.yaml", f"apiVersion: v1\nkind: ServiceAccount\n{_ABOUT}\n"),
            *_new("rolebindings/broken.yaml", _BINDING),
        ),
    ),
    ("claim-name", _new("pvc/data.yaml", f"apiVersion: v1\nkind: PersistentVolumeClaim\n{_ABOUT}\nspec: {{}}\n")),
    ("claim-undefined", ((_WEB, "claimName: prj-02-data-pvc", "claimName: prj-02-date-pvc"),)),
    ("configmap-undefined", ((_WEB, "name: prj-02-config", "name: prj-02-settings"),)),
    ("container-command", ((_WEB, "( +)image: ghcr.io/org/prj-02\n", r"\g<0>\1command: [node, src/main.js]\n"),)),
    ("container-probes", ((_WEB, r" +livenessProbe:\n(?: {12}.*\n)+", ""),)),
    ("container-resources", ((_WEB, r" +resources:\n(?: {12}.*\n)+", ""),)),
    ("deploy-build", (("_shared/scripts/build/build.sh", "", "#!/bin/sh\ndocker build -t web .\n"),)),
    ("deploy-dependencies", (("requirements.txt", "", "flask==3.1\n"),)),
    ("deploy-dockerfile", (("Dockerfile", "", "FROM debian:bookworm\n"),)),
    ("deploy-migration", (("k8s/migrations/005_orders.sql", "", "CREATE TABLE orders (id int);\n"),)),
    (
        "deploy-secret",
        (("_shared/secrets/prj-02.key", "", _KEY),),
    ),
    ("deploy-source", (("src/main.py", "", "print(1)\n"),)),
    ("hpa-replicas", _new("autoscalers/broken.yaml", _SCALED.replace("TARGET", "prj-02"))),
    (
        "hpa-request",
        (
            *_new("autoscalers/broken.yaml", _SCALED.replace("TARGET", "prj-02")),
            (_WEB, r" +requests:\n +cpu: .*\n", "            requests:\n"),
            (_WEB, r"( +limits:\n) +cpu: .*\n", r"\1"),
        ),
    ),
    ("hpa-target", _new("autoscalers/broken.yaml", _SCALED.replace("TARGET", "prj-20"))),
    ("image-latest", ((_RELEASE, "newTag: .*", "newTag: latest"),)),
    ("image-moving", ((_RELEASE, "newTag: .*", "newTag: main"),)),
    ("image-untagged", ((_RELEASE, " +newTag: .*\n", "    newName: ghcr.io/org/prj-02\n"),)),
    ("image-unversioned", ((_RELEASE, "newTag: .*", "newTag: release-7"),)),
    ("ingress-backend", _new("ingress/broken.yaml", _INGRESS.replace("BACKEND", _BACKEND.replace("prj-02", "prj-2")))),
    (
        "ingress-class",
        tuple(
            edit
            for name, class_name in (("broken", ""), ("other", "traefik"), ("third", "traefik"))
            for edit in _new(f"ingress/{name}.yaml", _classed(name, class_name))
        ),
    ),
    ("ingress-port", _new("ingress/broken.yaml", _INGRESS.replace("BACKEND", _BACKEND.replace("http", "web")))),
    ("kustomize-image", ((_RELEASE, "name: ghcr.io/org/prj-02", "name: ghcr.io/org/prj-2"),)),
    ("kustomize-number", ((_RELEASE, "newTag: .*", "newTag: 1234567"),)),
    (
        "kustomize-patch",
        (("k8s/overlays/staging/prj-02/patches/config-patch.yaml", "name: prj-02-config", "name: config"),),
    ),
    ("kustomize-resource", ((f"{_BASE}/kustomization.yaml", "services/prj-02.yaml", "services/prj-2.yaml"),)),
    ("kustomize-unlisted", ((f"{_BASE}/kustomization.yaml", " +- configmaps/prj-02-config.yaml\n", ""),)),
    ("manifest-unreadable", ((_WEB, "spec:\n", "spec:\n :\n"),)),
    ("monitor-label", (*_new("monitors/broken.yaml", _MONITOR), *_new("monitors/prometheus.yaml", _PROMETHEUS))),
    ("monitor-port", ((_WATCHED, "port: http", "port: metrics"),)),
    ("monitor-selector", ((_WATCHED, r"(matchLabels:\n +)app: prj-02", r"\1app: prj-20"),)),
    ("namespace-missing", ((f"{_BASE}/configmaps/prj-02-config.yaml", "  namespace: prj-02\n", ""),)),
    (
        "pdb-selector",
        _new(
            "poddisruptionbudgets/broken.yaml",
            f"apiVersion: policy/v1\nkind: PodDisruptionBudget\n{_ABOUT}\nspec: {{minAvailable: 1, {_SELECTED}}}\n",
        ),
    ),
    (
        "policy-dns",
        ((f"{_BASE}/networkpolicies/prj-02-dns.yaml", r"^      ports:(\n  .*)+", "      ports: [{port: 5432}]"),),
    ),
    (
        "policy-or",
        _new(
            "networkpolicies/broken.yaml",
            _POLICY.replace("APP", "prj-02").replace(
                "DIRECTION", "ingress: [{from: [{namespaceSelector: {}}, {podSelector: {matchLabels: {app: prj-02}}}]}]"
            ),
        ),
    ),
    (
        "policy-port",
        _new(
            "networkpolicies/broken.yaml",
            _POLICY.replace("APP", "prj-02").replace(
                "DIRECTION", "ingress: [{from: [{podSelector: {}}], ports: [{port: 80}]}]"
            ),
        ),
    ),
    (
        "policy-selector",
        _new(
            "networkpolicies/broken.yaml",
            _POLICY.replace("APP", "nobody").replace("DIRECTION", "ingress: [{from: [{podSelector: {}}]}]"),
        ),
    ),
    (
        "secret-in-configmap",
        ((f"{_BASE}/configmaps/prj-02-config.yaml", "^data:\n", "data:\n  DB_PASSWORD: 7c1f4be0a5d94b1f\n"),),
    ),
    (
        "secret-in-env",
        ((_WEB, "( +)envFrom:\n", r"\1env: [{name: DB_PASSWORD, value: 7c1f4be0a5d94b1f}]\n\g<0>"),),
    ),
    (
        "secret-in-values",
        (
            ("helm/apps/broken/Chart.yaml", "", "apiVersion: v2\nname: broken\nversion: 0.1.0\n"),
            ("helm/apps/broken/values.yaml", "", "database:\n  password: 7c1f4be0a5d94b1f\n"),
        ),
    ),
    ("secret-plain", _new("secrets/broken.yaml", _SECRET)),
    ("secret-undefined", ((_WEB, "name: prj-02-secrets", "name: prj-02-keys"),)),
    (
        "selector-version",
        ((_WEB, r"( +matchLabels:\n)( +)app: prj-02\n", r"\g<0>\2app.kubernetes.io/version: v1.0.0\n"),),
    ),
    ("service-port", ((f"{_BASE}/services/prj-02.yaml", "targetPort: http", "targetPort: web"),)),
    ("service-selector", ((f"{_BASE}/services/prj-02.yaml", "(selector:\n +)app: prj-02", r"\1app: prj-20"),)),
    (
        "suppression-reason",
        ((_WEB, "^kind: Deployment\n", r"kind: Deployment # lab-lint: ignore[container-command]\n"),),
    ),
    (
        "suppression-unused",
        ((_WEB, "^kind: Deployment\n", r"kind: Deployment # lab-lint: ignore[container-command] as it was\n"),),
    ),
    (
        "tls-undefined",
        _new(
            "ingress/broken.yaml",
            _INGRESS.replace("BACKEND", _BACKEND).replace(
                "spec:\n", "spec:\n  tls: [{secretName: no-such-certificate}]\n"
            ),
        ),
    ),
]


def _apply(repository: Path, edit: Edit) -> None:
    name, pattern, text = edit
    file = repository / name
    if pattern:
        changed, count = re.subn(pattern, text, file.read_text(), count=1, flags=re.MULTILINE)
        assert count == 1, f"{name} has nothing like {pattern!r} any more"
        file.write_text(changed)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    if name.startswith(f"{_BASE}/"):
        listed = repository / _BASE / "kustomization.yaml"
        entry = f"resources:\n  - {name.removeprefix(f'{_BASE}/')}\n"
        listed.write_text(listed.read_text().replace("resources:\n", entry, 1))


def _rules(repository: Path) -> set[str]:
    return {finding.rule for finding in lint([repository], Kind.DEPLOY).findings}


def test_the_deploy_repository_breaks_no_rule() -> None:
    report = lint([checkout.infra_directory()])
    assert [finding for finding in report.findings if finding.severity is not Severity.INFO] == []
    assert not report.suppressed, "what the template accepts, everybody who copies it does"


@pytest.mark.parametrize(("rule", "edits"), BREAKING, ids=[rule for rule, _edits in BREAKING])
def test_a_rule_names_what_breaks_it(rule: str, edits: tuple[Edit, ...], broken: Path) -> None:
    for edit in edits:
        _apply(broken, edit)
    assert rule in _rules(broken)


def test_every_rule_on_deploy_repositories_is_broken_once() -> None:
    broken = [rule for rule, _edits in BREAKING]
    assert sorted(broken) == sorted(each.id for each in all_rules().values() if Kind.DEPLOY in each.kinds)
