"""Manifests against the schemas of the pinned Kubernetes, and of the add-ons' custom resources: strict, no cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import jsonschema
import kubernetes_validate.utils
from kubernetes_validate.utils import SchemaNotFoundError, ValidationError

from lab_helpers.addons import catalogue
from lab_helpers.addons.rendering import DEFINITION, render
from lab_helpers.addons.upstream import manifests as upstream_manifests
from lab_helpers.versions import KUBERNETES

__all__ = ["add_on_definitions", "error"]

Object = dict[str, Any]

# The definitions of all kinds are 2 MB of JSON, and were read anew for each object.
kubernetes_validate.utils.schema_contents = cache(kubernetes_validate.utils.schema_contents)


def error(manifest: Object, definitions: Callable[[], Iterable[Object]] | None = None) -> str:
    """What is wrong with an object, fields that are not there included; empty where nothing is.

    Args:
        manifest: The object.
        definitions: Asked for the definitions of custom resources where it is none of Kubernetes' own kinds; by default
            those of the add-ons.
    """
    try:
        kubernetes_validate.utils.validate(manifest, KUBERNETES, strict=True)
    except SchemaNotFoundError:
        return _custom_error(manifest, (definitions or add_on_definitions)())
    except ValidationError as failure:
        return _line(failure)
    return ""


def _custom_error(manifest: Object, definitions: Iterable[Object]) -> str:
    schema = _schemas(definitions).get((manifest["apiVersion"], manifest["kind"]))
    if schema is None:
        return f"{manifest['apiVersion']} {manifest['kind']}: no such kind in Kubernetes {KUBERNETES}, or its add-ons"
    for failure in jsonschema.Draft202012Validator(schema).iter_errors(manifest):
        return _line(failure)
    return ""


def _line(failure: jsonschema.ValidationError) -> str:
    return f"{'.'.join(map(str, failure.path))}: {failure.message}"


@cache
def add_on_definitions() -> tuple[Object, ...]:
    """The custom resource definitions of all add-ons, upstream's from their pinned modules."""
    addons = [addon for addon in catalogue.all_addons() if addon.upstream]
    objects = (
        each
        for addon in addons
        for each in render(addon, "embedded", {}, upstream_manifests(addon, lambda _line: None))
    )
    return tuple(each for each in objects if each["kind"] == DEFINITION)


def _schemas(definitions: Iterable[Object]) -> dict[tuple[str, str], Object]:
    """The schemas of custom resources, strict as the API server is where it is asked to be, by API version and kind."""
    return {
        (f"{spec['group']}/{version['name']}", spec["names"]["kind"]): _strict(version["schema"]["openAPIV3Schema"])
        for spec in (definition["spec"] for definition in definitions)
        for version in spec["versions"]
    }


def _strict(schema: Object) -> Object:
    """A structural schema as JSON Schema has it, which refuses fields that it does not name."""
    strict: Object = json.loads(json.dumps(schema))
    _close(strict)
    # Every object has these, whether its definition says so or not.
    strict.setdefault("properties", {}).update({name: {} for name in ("apiVersion", "kind", "metadata")})
    return strict


def _close(schema: Object) -> None:
    parts = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
    for part in parts:
        if isinstance(part, dict):
            _close(part)
    if schema.get("nullable") and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    is_open = "additionalProperties" in schema or schema.get("x-kubernetes-preserve-unknown-fields")
    if "properties" in schema and not is_open:
        schema["additionalProperties"] = False
