"""Every object of the Deploy repository fits the schema of the pinned Kubernetes, or of its custom resource."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lab_helpers import checkout, programs, shell
from tests.k8s.rendering import kustomizations, render
from tests.k8s.schemas import error

Object = dict[str, Any]

_INFRA = checkout.infra_directory()
_DIRECTORIES = kustomizations(_INFRA)
_DEFINITION: Object = {
    "spec": {
        "group": "toys.example.com",
        "names": {"kind": "Toy"},
        "versions": [
            {
                "name": "v1",
                "schema": {
                    "openAPIV3Schema": {
                        "properties": {
                            "spec": {
                                "required": ["size"],
                                "properties": {
                                    "size": {"type": "integer"},
                                    "wheels": {"items": {"properties": {"name": {"type": "string"}}}},
                                    "colours": {"additionalProperties": {"type": "string"}},
                                    "extra": {"properties": {}, "x-kubernetes-preserve-unknown-fields": True},
                                },
                            }
                        }
                    }
                },
            }
        ],
    }
}


def _errors(objects: list[Object]) -> list[str]:
    errors = ((each["kind"], each["metadata"]["name"], error(each)) for each in objects)
    return [f"{kind}/{name}: {reason}" for kind, name, reason in errors if reason]


@pytest.mark.parametrize("directory", _DIRECTORIES)
def test_what_is_rendered_fits_its_schemas(directory: str, repository: Path) -> None:
    objects = render(repository, directory)
    assert objects
    assert _errors(objects) == []


@pytest.mark.parametrize("values", sorted(_INFRA.glob("helm/apps/*/values-*.yaml")), ids=lambda file: file.stem)
def test_what_a_chart_makes_fits_its_schemas(values: Path) -> None:
    helm = programs.resolve(lambda _line: None, "helm")["helm"]
    rendered = shell.run([helm, "template", values.parent.name, values.parent, f"--values={values}"]).stdout
    objects = [each for each in yaml.safe_load_all(rendered) if each is not None]
    assert objects
    assert _errors(objects) == []


def _unrendered(repository: Path) -> list[Object]:
    """The objects in files that lie below no kustomization: they are applied, or created, by themselves."""
    rendered = {repository / directory for directory in kustomizations(repository)}
    files = [
        file
        for file in repository.rglob("*.yaml")
        if "templates" not in file.parts and not any(above in rendered for above in file.parents)
    ]
    documents = [each for file in files for each in yaml.safe_load_all(file.read_text())]
    return [each for each in documents if isinstance(each, dict) and {"apiVersion", "kind"} <= each.keys()]


def test_what_is_applied_or_created_by_itself_fits_its_schema(broken: Path) -> None:
    assert _errors(_unrendered(broken)) == []
    (broken / "by-hand.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {PORT: 8080}\n")
    assert _errors(_unrendered(broken)) == ["ConfigMap/web: data.PORT: 8080 is not of type 'string', 'null'"]


@pytest.mark.parametrize(
    ("kind", "path", "value", "reason"),
    [
        ("Deployment", "spec.replicas", "2", "is not of type"),
        ("Deployment", "spec.template.spec.containers.0.livenessProbe.httpget", {"port": 1}, "httpget"),
        ("Deployment", "spec.template.spec.containers.0.env", {"PORT": "1"}, "is not of type"),
        ("Service", "spec.ports.0.targetport", "http", "targetport"),
        ("PersistentVolumeClaim", "spec.resources.storage", "1Gi", "storage"),
        ("ConfigMap", "data.PORT", 8080, "is not of type"),
        ("ValidatingAdmissionPolicyBinding", "spec.validationAction", "Deny", "validationAction"),
    ],
)
def test_what_kubernetes_would_refuse_does_not_fit(
    kind: str, path: str, value: object, reason: str, repository: Path
) -> None:
    manifest = next(each for each in render(repository, "k8s/overlays/staging") if each["kind"] == kind)
    assert error(manifest) == ""
    *above, last = path.split(".")
    place: Any = manifest
    for key in above:
        place = place[int(key)] if key.isdigit() else place[key]
    place[last] = value
    assert reason in error(manifest)


def test_a_version_that_is_gone_is_no_kind_of_this_kubernetes() -> None:
    manifest = {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"}}
    assert "no such kind in Kubernetes" in error(manifest, list)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"size": 1, "wheels": [{"name": "left"}], "colours": {"roof": "red"}, "extra": {"any": 1}}, ""),
        ({"size": "1"}, "is not of type"),
        ({}, "'size' is a required property"),
        ({"size": 1, "sizes": 2}, "'sizes' was unexpected"),
        ({"size": 1, "wheels": [{"names": "left"}]}, "'names' was unexpected"),
        ({"size": 1, "colours": {"roof": 1}}, "is not of type"),
    ],
)
def test_a_custom_resource_fits_the_definition_that_the_cluster_would_have(spec: Object, reason: str) -> None:
    toy = {"apiVersion": "toys.example.com/v1", "kind": "Toy", "metadata": {"name": "car"}, "spec": spec}
    problem = error(toy, lambda: [_DEFINITION])
    assert reason in problem
    assert bool(problem) is bool(reason)
