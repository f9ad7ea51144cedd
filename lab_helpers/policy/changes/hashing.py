"""The name that a generated ConfigMap or Secret has in a cluster: with a hash of its content, as kustomize makes it."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterable

from lab_helpers.policy.manifests.nodes import dig, strings, text
from lab_helpers.policy.manifests.objects import Manifest
from lab_helpers.policy.manifests.references import references

__all__ = ["name_with_hash", "with_hashes"]

# Hexadecimal digits that could spell a word are replaced.
_LETTERS = str.maketrans("013ae", "ghkmt")


def name_with_hash(manifest: Manifest) -> str:
    """The name of a ConfigMap or a Secret with the hash of its content."""
    record: dict[str, object] = {"data": _values(manifest), "kind": manifest.kind, "name": ""}
    if manifest.kind == "Secret":
        record["type"] = text(manifest.content.get("type")) or "Opaque"
    # As Go writes JSON, which is safe inside of HTML.
    encoded = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for letter in "<>&\u2028\u2029":
        encoded = encoded.replace(letter, f"\\u{ord(letter):04x}")
    return f"{manifest.name}-{hashlib.sha256(encoded.encode()).hexdigest()[:10].translate(_LETTERS)}"


def with_hashes(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Copies of objects with the names that they have in a cluster, also where others name them."""
    copies = [manifest.copy() for manifest in manifests]
    hashed = [manifest for manifest in copies if manifest.is_hashed]
    names = {(manifest.kind, manifest.namespace, manifest.name): name_with_hash(manifest) for manifest in hashed}
    for manifest in copies:
        for reference in list(references(manifest)):
            name = names.get((reference.kind, manifest.namespace, reference.name))
            if name is not None:
                reference.holder[reference.key] = name
    for manifest in hashed:
        manifest.content["metadata"]["name"] = names[manifest.kind, manifest.namespace, manifest.name]
    return copies


def _values(manifest: Manifest) -> object:
    if manifest.kind != "Secret":
        return strings(manifest.content.get("data")) or ""
    plain = strings(dig(manifest.content, "stringData"))
    return {key: b64encode(value.encode()).decode() for key, value in plain.items()} or {}
