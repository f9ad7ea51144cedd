"""What an overlay deploys of an application: its workload, and what that takes its environment from, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab_helpers.configuration.levels import Level, Setting
from lab_helpers.configuration.places import Places
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.policy.changes.sides import of_directory
from lab_helpers.policy.manifests.nodes import Map, Origin, dig, mappings, text
from lab_helpers.policy.manifests.objects import Manifest

__all__ = ["Source", "Workload", "workload"]

_VALUES = {
    "ConfigMap": (("data",),),
    "Secret": (("data",), ("stringData",)),
    "SealedSecret": (("spec", "encryptedData"),),
}
_SOURCES = {"configMapRef": ("ConfigMap",), "secretRef": ("Secret", "SealedSecret")}
_KEY = re.compile(r"^([A-Z_][A-Z0-9_]*)=", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """What a container takes variables from.

    Attributes:
        kind: ``ConfigMap`` or ``Secret``; empty for what stands in the workload itself.
        name: Its name.
        settings: What it says, by variable.
    """

    kind: str
    name: str
    settings: Mapping[str, Setting]


@dataclass(frozen=True)
class Workload:
    """What runs an application.

    Attributes:
        kind: As in ``Deployment``.
        name: Its name.
        namespace: Its namespace.
        sources: What its container takes variables from; where several set one, the last wins.
    """

    kind: str
    name: str
    namespace: str
    sources: tuple[Source, ...]


def workload(places: Places) -> Workload:
    """The workload of an application as an overlay deploys it.

    Raises:
        LabError: The overlay cannot be built, or has no such workload.
    """
    objects = tuple(of_directory(places.overlay, places.deploy).objects.values())
    runs = {manifest.name: (manifest, pods) for manifest in objects if (pods := manifest.pods) is not None}
    if places.app not in runs:
        reason = _("is nothing that {overlay} runs; there are {known}")
        raise LabError(
            reason.format(overlay=places.overlay, known=", ".join(sorted(runs)) or _("none")),
            object=places.app,
            next_step=f"kubectl kustomize {places.overlay}",
        )
    manifest, pods = runs[places.app]
    container = pods.containers[0]
    sources = (*_from(container, manifest, objects, places.references), *_inline(container))
    return Workload(manifest.kind, manifest.name, manifest.namespace, sources)


def _from(container: Map, manifest: Manifest, objects: tuple[Manifest, ...], references: Path) -> Iterator[Source]:
    for entry in mappings(container.get("envFrom")):
        for key, kinds in _SOURCES.items():
            name = text(dig(entry, key, "name"))
            if not name:
                continue
            prefix = text(entry.get("prefix"))
            named = [
                each
                for each in objects
                if each.kind in kinds and each.name == name and each.namespace in ("", manifest.namespace)
            ]
            settings = {f"{prefix}{k}": value for each in named for k, value in _settings(each, references)}
            yield Source(kinds[0], name, settings)


def _settings(manifest: Manifest, references: Path) -> Iterator[tuple[str, Setting]]:
    is_plain = manifest.kind == "ConfigMap"
    for keys in _VALUES[manifest.kind]:
        values = dig(manifest.content, *keys)
        if isinstance(values, Map):
            for key, value in values.items():
                origin = values.origins.get(key, values.origin)
                level = _level(origin) if is_plain else Level.SECRET
                is_known = is_plain or keys == ("stringData",)
                yield key, Setting(level, origin.file, origin.line, text(value) if is_known else None)
    for file in dict.fromkeys(manifest.absent):
        yield from _unmade(references / f"{file.rpartition('/')[2]}.example", file)


def _unmade(reference: Path, file: str) -> Iterator[tuple[str, Setting]]:
    """The keys of a file that is made where it is deployed, as its reference in Git names them."""
    if reference.is_file():
        for match in _KEY.finditer(reference.read_text(encoding="utf-8", errors="replace")):
            yield match[1], Setting(Level.SECRET, file, 0, None)


def _level(origin: Origin) -> Level:
    return Level.OVERLAY if "overlays" in origin.file.split("/") else Level.BASE


def _inline(container: Map) -> Iterator[Source]:
    """What stands in the workload itself, and what it takes of a single key of an object."""
    settings = {}
    for entry in mappings(container.get("env")):
        origin = entry.at("value") if "value" in entry else entry.at("valueFrom")
        is_secret = dig(entry, "valueFrom", "secretKeyRef") is not None
        value = text(entry["value"]) if "value" in entry else None
        level = Level.SECRET if is_secret else _level(origin)
        settings[text(entry.get("name"))] = Setting(level, origin.file, origin.line, value)
    if settings:
        yield Source("", "", settings)
