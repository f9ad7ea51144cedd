"""Build a kustomization in this process: no kubectl, no network, and every value with the line it was written in.

``kubectl kustomize`` would need kubectl beside the package and a process for each root. It fetches remote bases, fails
as a whole where Git ignores one file of a Secret, and names at best the file of an object, never the line of a value,
nor the patch that a value comes from. So what is needed of it is done here, and compared with it in the tests. What is
not done (remote resources, charts, plugins, replacements) is a gap: it is reported, and rules that would need it are
silent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab_helpers.policy.files import File
from lab_helpers.policy.manifests import reading
from lab_helpers.policy.manifests.absence import Absence
from lab_helpers.policy.manifests.applying import apply_patch
from lab_helpers.policy.manifests.build import Build, Fault, Gap
from lab_helpers.policy.manifests.generating import generate, merge_generated
from lab_helpers.policy.manifests.kustomization import FILES, Kustomization
from lab_helpers.policy.manifests.nodes import Items, Map, Origin, copied, dig, mappings, text
from lab_helpers.policy.manifests.objects import Manifest
from lab_helpers.policy.manifests.transforming import label, rename, set_images, set_namespace, set_replicas

__all__ = ["Builder"]

_PLUGINS = ("generators", "transformers", "validators", "helmCharts", "helmChartInflationGenerator")
_TEMPLATES_IN_VALUES = ("PrometheusRule", "StorageClass")
_DASHBOARD = "grafana_dashboard"
_UNRESOLVED = ("configurations", "crds", "openapi", "replacements", "vars")


class Builder:
    """Builds the kustomizations of some files, each once.

    Args:
        files: The files by path.
        ignored: Names that Git ignores, and that are therefore made where they are used.
        root: Where the files lie; there may be more of them, which were too large to be read.

    Attributes:
        files: The files by path.
        kustomizations: All kustomizations by their directory.
        matched: Where components name something that is there, in one of the kustomizations at least that they are a
            component of; what is there in none of them is a fault.
        failures: Why some of them cannot be read.
    """

    def __init__(self, files: Mapping[str, File], ignored: Sequence[str] = (), root: Path | None = None) -> None:
        self.files = files
        self._absence = Absence(files, ignored, root)
        self._objects: dict[str, tuple[list[Map], list[reading.Failure]]] = {}
        self._builds: dict[str, Build] = {}
        self._components: list[str] = []
        self.kustomizations: dict[str, Kustomization] = {}
        self.matched: set[Origin] = set()
        self.failures: list[reading.Failure] = []
        for path, file in files.items():
            directory, _slash, name = path.rpartition("/")
            if name in FILES:
                self._read_kustomization(directory, file)

    def _read_kustomization(self, directory: str, file: File) -> None:
        documents, failures = reading.parse(file.path, file.text)
        if documents and isinstance(documents[0], Map):
            self.kustomizations[directory] = Kustomization(file.path, directory, documents[0])
        elif failures and not reading.is_template(file.text):
            self.failures += failures

    def objects(self, path: str) -> tuple[list[Map], list[reading.Failure]]:
        """The objects of a file, and why some of it cannot be read."""
        if path not in self._objects:
            self._objects[path] = reading.manifests(path, self.files[path].text)
        return self._objects[path]

    def build(self, directory: str) -> Build:
        """What a kustomization deploys; objects may be changed, they are this caller's own."""
        if directory not in self._builds:
            # Whoever comes back to it on the way has found a circle, which kustomize refuses.
            self._builds[directory] = Build()
            self._builds[directory] = self._build(self.kustomizations[directory], Build())
        known = self._builds[directory]
        manifests = [manifest.copy() for manifest in known.manifests]
        return Build(manifests, list(known.faults), list(known.gaps), set(known.files))

    def _build(self, kustomization: Kustomization, build: Build) -> Build:
        """Add to a build what a kustomization says; a component changes what is there already."""
        build.files |= {kustomization.file, *self._files_named(kustomization.content, kustomization)}
        for entry, origin in kustomization.entries("resources", "bases"):
            self._add_resource(kustomization, entry, origin, build)
        for entry, origin in kustomization.entries("components"):
            self._add_component(kustomization, entry, origin, build)
        self._generate(kustomization, build)
        for key in _PLUGINS:
            if kustomization.content.get(key):
                build.gaps.append(Gap(kustomization.content.at(key), key))
        self._patch(kustomization, build)
        self._transform(kustomization, build)
        return build

    def _files_named(self, content: Any, kustomization: Kustomization) -> Iterator[str]:  # noqa: ANN401
        """The files that a kustomization names under any of its keys."""
        if isinstance(content, str) and "\n" not in content and kustomization.path(content) in self.files:
            yield kustomization.path(content)
        for item in content.values() if isinstance(content, Map) else content if isinstance(content, Items) else ():
            yield from self._files_named(item, kustomization)

    def _add_resource(self, kustomization: Kustomization, entry: str, origin: Origin, build: Build) -> None:
        path = kustomization.path(entry)
        if path in self.kustomizations and path != kustomization.directory:
            other = self.build(path)
            build.manifests += other.manifests
            build.faults += other.faults
            build.gaps += other.gaps
            build.files |= other.files
        elif path in self.files:
            build.files.add(path)
            objects = self.objects(path)[0]
            build.manifests += [Manifest(copied(content)) for content in objects]
            # An empty file is generated where it is applied, as Flux's own components are.
            if not objects or (reading.is_template(self.files[path].text) and not all(map(_bears_template, objects))):
                build.gaps.append(Gap(origin, entry))
        else:
            self._absence.note(path, entry, origin, build)

    def _add_component(self, kustomization: Kustomization, entry: str, origin: Origin, build: Build) -> None:
        path = kustomization.path(entry)
        if path in self._components or path == kustomization.directory:
            return  # a circle, which kustomize refuses
        if path in self.kustomizations:
            self._components.append(path)
            self._build(self.kustomizations[path], build)
            self._components.pop()
        else:
            self._absence.note(path, entry, origin, build)

    def _generate(self, kustomization: Kustomization, build: Build) -> None:
        options = kustomization.content.get("generatorOptions")
        for key, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
            for entry in mappings(kustomization.content.get(key)):
                generated = generate(kind, entry, options, kustomization.directory, self._read(build))
                existing = next((each for each in build.manifests if _is_same(each, generated)), None)
                if existing is not None and entry.get("behavior") in ("merge", "replace"):
                    merge_generated(existing, generated, replaces=entry["behavior"] == "replace")
                else:
                    build.manifests.append(generated)

    def _read(self, build: Build) -> Any:  # noqa: ANN401
        def read(path: str) -> str | None:
            build.files.add(path)
            return self.files[path].text if path in self.files else None

        return read

    def _patch(self, kustomization: Kustomization, build: Build) -> None:
        content = kustomization.content
        for key in ("patches", "patchesStrategicMerge", "patchesJson6902"):
            items = content.get(key)
            if not isinstance(items, Items):
                continue
            for item, origin in zip(items, items.origins, strict=True):
                entry = item if isinstance(item, Map) else _patch_entry(text(item), origin)
                for patch in self._patches(kustomization, entry, origin, build):
                    place = apply_patch(patch, entry.get("target"), build)
                    if place is not None and kustomization.is_component:
                        self.matched.add(place)

    def _patches(self, kustomization: Kustomization, entry: Map, origin: Origin, build: Build) -> list[Any]:
        """The patches of an entry: of the file that it names, or written in it."""
        if text(entry.get("path")):
            path = kustomization.path(text(entry["path"]))
            build.files.add(path)
            if path not in self.files:
                self._absence.note(path, text(entry["path"]), entry.at("path"), build)
                return []
            patches, failures = reading.parse(path, self.files[path].text)
        else:
            patch, where = text(entry.get("patch")), entry.at("patch")
            # A block begins on the line after its key.
            patches, failures = reading.parse(where.file, "\n" * where.line + patch)
        if failures:
            build.gaps.append(Gap(failures[0].origin, failures[0].reason))
        return patches

    def _transform(self, kustomization: Kustomization, build: Build) -> None:
        content = kustomization.content
        namespace = text(content.get("namespace"))
        if namespace:
            set_namespace(build.manifests, namespace, content.at("namespace"))
        prefix, suffix = text(content.get("namePrefix")), text(content.get("nameSuffix"))
        if prefix or suffix:
            rename(build.manifests, lambda name: f"{prefix}{name}{suffix}")
        if isinstance(content.get("commonLabels"), Map):
            label(build.manifests, content["commonLabels"], selectors=True, templates=True)
        for entry in mappings(content.get("labels")):
            if isinstance(entry.get("pairs"), Map):
                selectors, templates = entry.get("includeSelectors") is True, entry.get("includeTemplates") is True
                label(build.manifests, entry["pairs"], selectors=selectors, templates=templates)
        set_replicas(build.manifests, mappings(content.get("replicas")))
        entries = mappings(content.get("images"))
        unused = set_images(build.manifests, entries)
        if kustomization.is_component:
            self.matched.update(entry.at("name") for entry in entries if entry not in unused)
        if not build.gaps and not any(content.get(key) for key in _UNRESOLVED):
            build.faults += [Fault("image", entry.at("name"), text(entry.get("name"))) for entry in unused]


def _bears_template(content: Map) -> bool:
    """Whether it is as it should be that a value of this object is a template: the cluster, or Grafana, fills it in."""
    labels = dig(content, "metadata", "labels")
    return text(content.get("kind")) in _TEMPLATES_IN_VALUES or (isinstance(labels, Map) and _DASHBOARD in labels)


def _patch_entry(patch: str, origin: Origin) -> Map:
    """An item of ``patchesStrategicMerge`` as one of ``patches``."""
    entry = Map(origin)
    entry.place("patch" if "\n" in patch else "path", patch, origin)
    return entry


def _is_same(manifest: Manifest, other: Manifest) -> bool:
    is_namesake = manifest.kind == other.kind and other.name in manifest.names
    return is_namesake and other.namespace in ("", manifest.namespace)
