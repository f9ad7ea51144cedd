"""A template with one application and its Deploy repository, in which each level can be given something to say."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab_helpers.configuration import Survey, places, running, survey
from lab_helpers.configuration.survey import Row

_SCHEMA = """\
# The schema of the configuration.

# What it logs. Default info.
#LOG_LEVEL=

# A piece's price. Required.
UNIT_PRICE=

# The key of clients. Secret. Optional: unset, everybody may write.
#API_KEY=
"""

_BASE = """\
resources: [namespace.yaml, configmaps/web-config.yaml, deployment.yaml]
"""

_OVERLAY = """\
resources: [../../base]
components: [secrets]
patches: [{path: patch.yaml}]
"""

_COMPONENT = """\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
generatorOptions: {disableNameSuffixHash: true}
secretGenerator:
  - {name: web-secrets, namespace: web, envs: [web.env]}
"""

SOURCES = ("configMapRef: {name: web-config}", "secretRef: {name: web-secrets}")

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: web}}
spec:
  template:
    spec:
      containers:
        - name: web
          image: ghcr.io/org/web:v1.0.0
          envFrom:
            - {}
            - {}
"""


@dataclass(frozen=True)
class Template:
    """The files of it.

    Attributes:
        directory: Where ``app/`` and ``infra/`` lie.
    """

    directory: Path

    @property
    def infra(self) -> Path:
        """The Deploy repository."""
        return self.directory / "infra"

    def write(self, path: str, text: str) -> Path:
        """Write a file of the Deploy repository."""
        file = self.infra / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def configure(
        self,
        base: Mapping[str, str] | None = None,
        overlay: Mapping[str, str] | None = None,
        helm: Mapping[str, str] | None = None,
        secret: Mapping[str, str] | None = None,
    ) -> None:
        """Give each level something to say."""
        self.write("k8s/base/configmaps/web-config.yaml", _config_map(base or {"UNIT_PRICE": "1.50"}))
        self.write("k8s/overlays/staging/patch.yaml", _config_map(overlay or {}))
        self.write("helm/apps/web/values.yaml", f"config: {json.dumps(helm or {})}\n")
        file = self.infra / "k8s/overlays/staging/secrets/web.env"
        file.unlink(missing_ok=True)
        if secret is not None:
            file.write_text("".join(f"{key}={value}\n" for key, value in secret.items()))

    def take_from(self, *sources: str) -> None:
        """Have the container take its variables from these, in this order."""
        self.write("k8s/base/deployment.yaml", _DEPLOYMENT.format(*sources))

    def row(self, name: str, options: tuple[str, ...] | None = None) -> Row:
        """What is said of a variable."""
        (row,) = [row for row in self.survey(options).rows if row.name == name]
        return row

    def survey(self, options: tuple[str, ...] | None = None) -> Survey:
        """What is said of all of them; by default without a cluster."""
        return survey(places.find("web", "staging", self.directory), options)


def _config_map(data: Mapping[str, str]) -> str:
    lines = ["apiVersion: v1", "kind: ConfigMap", "metadata: {name: web-config, namespace: web}"]
    entries = [f"  {key}: {json.dumps(value)}" for key, value in data.items()]
    return "\n".join([*lines, *(["data:", *entries] if entries else ["data: {}"])]) + "\n"


@pytest.fixture
def template(tmp_path: Path) -> Template:
    """The template; only the base says something, of the required variable."""
    template = Template(tmp_path)
    (tmp_path / "app" / "web").mkdir(parents=True)
    (tmp_path / "app" / "web" / ".env.example").write_text(_SCHEMA)
    template.write("k8s/base/kustomization.yaml", _BASE)
    template.write("k8s/base/namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: web}\n")
    template.write("k8s/base/secrets/web.env.example", "# The key of clients.\nAPI_KEY=\n")
    template.write("k8s/overlays/staging/kustomization.yaml", _OVERLAY)
    template.write("k8s/overlays/staging/secrets/kustomization.yaml", _COMPONENT)
    template.take_from(*SOURCES)
    template.configure(secret={"API_KEY": "a-key-of-clients"})
    return template


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets a cluster run the Deployment, with a ConfigMap and a Secret as they are given."""

    def run(
        config: Mapping[str, str],
        secret: Mapping[str, str],
        labels: Mapping[str, str] | None = None,
        started_with: Mapping[str, str] | None = None,
    ) -> None:
        sources = [{"configMapRef": {"name": "web-config"}}, {"secretRef": {"name": "web-secrets"}}]
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in secret.items()}
        objects = {
            "deployment": {
                "kind": "Deployment",
                "metadata": {"labels": dict(labels or {})},
                "spec": {"template": {"spec": {"containers": [{"name": "web", "envFrom": sources}]}}},
            },
            "configmap": {"kind": "ConfigMap", "data": dict(config)},
            "secret": {"kind": "Secret", "data": encoded},
        }
        monkeypatch.setattr(running, "_has_kubectl", lambda: True)
        monkeypatch.setattr(running, "_started_with", lambda _options, _workload, _container: dict(started_with or {}))
        monkeypatch.setattr(running, "_get", lambda _options, kind, _name, _namespace: objects[kind])

    return run
