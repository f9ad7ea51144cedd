"""Collect all that a repository deploys: each root kustomization as it is built, and the files that none names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lab_helpers.language import gettext as _
from lab_helpers.policy.files import File
from lab_helpers.policy.kind import is_aside, is_packaged
from lab_helpers.policy.manifests.building import Builder
from lab_helpers.policy.manifests.delivery import Delivery
from lab_helpers.policy.manifests.deployment import Deployment
from lab_helpers.policy.manifests.environments import Environment, environment_of, prefix_of
from lab_helpers.policy.manifests.inventory import SUFFIXES, Inventory
from lab_helpers.policy.manifests.kustomization import FILES, Kustomization
from lab_helpers.policy.manifests.nodes import Map, dig, text
from lab_helpers.policy.manifests.objects import Manifest
from lab_helpers.policy.manifests.transforming import set_namespace
from lab_helpers.policy.repository import Part
from lab_helpers.policy.words import words

__all__ = ["VALUES_FILE", "inventory"]

VALUES_FILE = re.compile(r"(?:^|[-_.])values(?:[-_.][\w.-]*)?\.ya?ml$")
"""What the name of a file with Helm's values looks like."""

_KUSTOMIZE = "kustomize.config.k8s.io"
_SET_ASIDE = words("archive archived archives attic backup backups deprecated disabled hack obsolete old unused")


def inventory(part: Part) -> Inventory:
    """What the files of a part of a repository deploy; computed once."""
    return part.derived(_collect)


def _collect(part: Part) -> Inventory:
    files = {file.path: file for file in part.files}
    builder = Builder(files, _ignored(files), part.root)
    collected = _Collector(builder, files).inventory()
    for gap in collected.gaps:
        part.note(
            gap.origin.file,
            _("line {line}: what {name} adds is not judged").format(line=gap.origin.line, name=gap.name),
        )
    for chart in sorted(collected.charts):
        if any(path.startswith(f"{chart}/templates/".lstrip("/")) for path in files):
            part.note(chart or ".", _("a chart: its values are judged, its templates are not rendered"))
    return collected


def _ignored(files: Mapping[str, File]) -> list[str]:
    lines = [line.strip() for path, file in files.items() if path.endswith(".gitignore") for line in file.lines]
    return [line for line in lines if line and not line.startswith(("#", "!"))]


class _Collector:
    """Collects what some files deploy."""

    def __init__(self, builder: Builder, files: Mapping[str, File]) -> None:
        self._builder = builder
        self._files = files
        self._charts = frozenset(
            path.rpartition("/")[0] for path in files if path.rpartition("/")[2] in ("Chart.yaml", "Chart.yml")
        )
        # Who has values renders a chart with them, be it of this repository or not.
        self._directories_of_values = frozenset(
            path.rpartition("/")[0] for path in files if VALUES_FILE.search(path.rpartition("/")[2])
        )
        self._delivery = Delivery()

    def inventory(self) -> Inventory:
        result = Inventory(charts=self._charts, files=self._files)
        candidates = [file for file in self._files.values() if self._is_candidate(file)]
        for file in candidates:
            objects, failures = self._builder.objects(file.path)
            if not _is_aside(file):
                result.failures += failures
            for content in objects:
                self._delivery.note(content)
        used = self._add_roots(result)
        self._add_rest(result, [file for file in candidates if file.path not in used])
        result.failures += self._builder.failures
        result.failures = list(dict.fromkeys(result.failures))
        result.faults = [fault for fault in dict.fromkeys(result.faults) if fault.origin not in self._builder.matched]
        result.gaps = list(dict.fromkeys(result.gaps))
        return result

    def _is_candidate(self, file: File) -> bool:
        """Whether a file may hold objects that are applied as they stand there."""
        if not file.name.endswith(SUFFIXES) or any(part.startswith(".") for part in file.parts):
            return False
        return not is_packaged(file) and not any(
            file.path.startswith(f"{chart}/" if chart else "")
            and file.path.removeprefix(f"{chart}/" if chart else "").partition("/")[0]
            in ("templates", "crds", "charts", "ci", "tests")
            for chart in self._charts
        )

    def _add_roots(self, result: Inventory) -> set[str]:
        """Add what root kustomizations deploy; the files that any kustomization names."""
        kustomizations = self._builder.kustomizations
        referenced = {path for each in kustomizations.values() for path in each.references}
        used: set[str] = set()
        for directory, kustomization in kustomizations.items():
            if directory in referenced:
                continue
            build = self._builder.build(directory)
            used |= build.files
            is_judged = not kustomization.is_component and not _is_aside(self._files[kustomization.file])
            if not is_judged:
                result.aside += build.manifests
                continue
            namespace = self._delivery.namespace(directory)
            if namespace is not None:
                set_namespace(build.manifests, *namespace)
            result.faults += build.faults
            result.gaps += build.gaps
            result.deployments.append(
                Deployment(
                    directory,
                    environment_of(directory),
                    build.manifests,
                    build.gaps,
                    kustomization,
                    has_namespace=self._delivery.has_namespace(directory),
                )
            )
        return used

    def _add_rest(self, result: Inventory, files: list[File]) -> None:
        """Add the files that no kustomization names: plain ones, and those that were forgotten."""
        plain: dict[tuple[str, Environment, bool], list[Manifest]] = {}
        for file in files:
            objects = [content for content in self._builder.objects(file.path)[0] if not _is_no_object(content)]
            manifests = list(map(Manifest, objects))
            if file.name in FILES or (not manifests and not _is_patch(file)):
                continue
            if _is_aside(file):
                result.aside += manifests
                continue
            kustomization = self._kustomization_over(file)
            is_known = kustomization is not None and file.name in self._files[kustomization.file].text
            if kustomization is not None and not is_known and not self._delivery.covers(file.directory):
                result.unlisted.append((file, kustomization))
            if manifests:
                key = (prefix_of(file.path), environment_of(file.path), kustomization is None)
                plain.setdefault(key, []).extend(manifests)
        result.unlisted = [entry for entry in result.unlisted if not _is_a_choice(entry[1], result.unlisted)]
        for (prefix, environment, is_listed), manifests in plain.items():
            directories = {each.origin.file.rpartition("/")[0] for each in manifests}
            deployment = Deployment(
                prefix,
                environment,
                manifests,
                charts=self._charts | self._directories_of_values,
                is_listed=is_listed,
                has_namespace=any(map(self._delivery.has_namespace, directories)),
            )
            result.deployments.append(deployment)

    def _kustomization_over(self, file: File) -> Kustomization | None:
        """The kustomization of the directory that a file lies in, or of the nearest one above that has any."""
        directory = file.directory
        while True:
            if directory in self._builder.kustomizations:
                return self._builder.kustomizations[directory]
            if not directory:
                return None
            directory = directory.rpartition("/")[0]


def _is_a_choice(kustomization: Kustomization, unlisted: Sequence[tuple[File, Kustomization]]) -> bool:
    """Whether a kustomization names the lesser part of the files beside it: it chooses, and forgets none."""
    beside = sum(other is kustomization for _file, other in unlisted)
    return beside > 2 and beside >= len(kustomization.references)


def _is_no_object(content: Map) -> bool:
    """Whether something is for kustomize, or for a program that fills it in first."""
    return text(content["apiVersion"]).startswith(_KUSTOMIZE) or "{{" in text(dig(content, "metadata", "name"))


def _is_aside(file: File) -> bool:
    """Whether a file is test, example or documentation, or was set aside by whoever wrote it."""
    parts = file.parts[:-1]
    return is_aside(file) or any(part.strip("_.-") in _SET_ASIDE or "testdata" in part for part in parts)


def _is_patch(file: File) -> bool:
    """Whether a file is a JSON patch, by what it is called and how it begins."""
    return "patch" in file.path.lower() and file.text.lstrip().startswith(("- op:", "- path:", '[{"op"'))
