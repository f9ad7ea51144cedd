"""The ConfigMaps and Secrets that a kustomization generates, each value with the line it comes from."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from lab_helpers.policy.manifests.nodes import Items, Map, Origin, dig, strings, text
from lab_helpers.policy.manifests.objects import Manifest

__all__ = ["generate", "merge_generated"]

ReadText = Callable[[str], str | None]
"""Returns the text of a file by its path, None where the repository has none."""


def generate(kind: str, entry: Map, options: object, directory: str, read: ReadText) -> Manifest:
    """The object that an entry of ``configMapGenerator:`` or ``secretGenerator:`` makes.

    The values of a file that is not in the repository are left out: it is made where it is deployed.

    Args:
        kind: ``ConfigMap`` or ``Secret``.
        entry: The entry.
        options: The kustomization's ``generatorOptions:``.
        directory: Where the kustomization lies.
        read: Returns the text of a file.
    """
    content = Map(entry.origin)
    content.place("apiVersion", "v1")
    content.place("kind", kind)
    metadata = Map(entry.origin)
    metadata.place("name", text(entry.get("name")), entry.at("name"))
    if text(entry.get("namespace")):
        metadata.place("namespace", entry["namespace"], entry.at("namespace"))
    content.place("metadata", metadata)
    if kind == "Secret":
        content.place("type", text(entry.get("type")) or "Opaque", entry.at("type"))
    own = entry.get("options")
    for field in ("labels", "annotations"):
        entries = {**strings(dig(options, field)), **strings(dig(own, field))}
        if entries:
            metadata.place(field, Map(entry.origin))
            for key, value in entries.items():
                metadata[field].place(key, value)
    if True in (dig(own, "immutable"), dig(options, "immutable")):
        content.place("immutable", value=True)
    values = Map(entry.origin)
    absent: list[str] = []
    for key, setting, origin in _values(entry, directory, read):
        if setting is None:
            absent.append(origin.file)
        else:
            values.place(key, setting, origin)
    if values:
        content.place("stringData" if kind == "Secret" else "data", values)
    is_hashed = True not in (dig(own, "disableNameSuffixHash"), dig(options, "disableNameSuffixHash"))
    return Manifest(content, is_hashed=is_hashed, absent=absent)


def merge_generated(existing: Manifest, generated: Manifest, *, replaces: bool) -> None:
    """Merge a generated object into the one of its name that a base generates, as ``behavior:`` asks."""
    key = "stringData" if generated.kind == "Secret" else "data"
    existing.absent += generated.absent
    if key not in generated.content:
        return
    if replaces or not isinstance(existing.content.get(key), Map):
        existing.content.place(key, generated.content[key])
        return
    for name, value in generated.content[key].items():
        existing.content[key].place(name, value, generated.content[key].origins[name])


def _values(entry: Map, directory: str, read: ReadText) -> Iterator[tuple[str, str | None, Origin]]:
    """The values of a generator, each with its key and its place; None for all of a file that is not there."""
    literals = entry.get("literals")
    if isinstance(literals, Items):
        for literal, origin in zip(literals, literals.origins, strict=True):
            key, _sign, value = text(literal).partition("=")
            yield key, _unquoted(value), origin
    files = entry.get("files")
    if isinstance(files, Items):
        for name in map(text, files):
            key, sign, path = name.partition("=")
            path = posixpath.normpath(posixpath.join(directory, path if sign else name))
            yield (key if sign else posixpath.basename(path)), read(path), Origin(path, 1)
    for name in _environment_files(entry):
        path = posixpath.normpath(posixpath.join(directory, name))
        content = read(path)
        if content is None:
            yield name, None, Origin(path, 1)
            continue
        for number, line in enumerate(content.split("\n"), 1):
            key, sign, value = line.strip().partition("=")
            if sign and not key.startswith("#"):
                yield key, value, Origin(path, number)


def _environment_files(entry: Map) -> list[str]:
    files = entry.get("envs")
    names = [text(name) for name in files] if isinstance(files, Items) else []
    return [name for name in (*names, text(entry.get("env"))) if name]


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if is_quoted else value
