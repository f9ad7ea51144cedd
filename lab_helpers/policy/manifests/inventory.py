"""All that a repository deploys: its deployments, and what could not be judged of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lab_helpers.policy.files import File
from lab_helpers.policy.manifests import reading
from lab_helpers.policy.manifests.build import Fault, Gap
from lab_helpers.policy.manifests.deployment import Deployment
from lab_helpers.policy.manifests.kustomization import FILES, Kustomization
from lab_helpers.policy.manifests.objects import Manifest

__all__ = ["SUFFIXES", "Inventory"]

SUFFIXES = (".yaml", ".yml", ".json")
"""How the name of a file with manifests ends."""

_WORD = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9_.-]*[a-zA-Z0-9])?")


@dataclass(eq=False)
class Inventory:
    """What the files of a repository deploy.

    Attributes:
        deployments: Everything that is judged.
        aside: Objects of tests, examples and documentation, which are not judged.
        faults: What is wrong with kustomizations, each once.
        failures: Manifests that cannot be read.
        unlisted: Files beside a kustomization that no kustomization names, each with the object that it holds.
        gaps: What could not be resolved, each once.
        charts: The directories of Helm charts.
        files: All files by path.
    """

    deployments: list[Deployment] = field(default_factory=list)
    aside: list[Manifest] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    failures: list[reading.Failure] = field(default_factory=list)
    unlisted: list[tuple[File, Kustomization]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    charts: frozenset[str] = frozenset()
    files: Mapping[str, File] = field(default_factory=dict)

    @cached_property
    def manifests(self) -> list[Manifest]:
        """Every object of the repository, judged or not."""
        return [*(each for deployment in self.deployments for each in deployment.manifests), *self.aside]

    @cached_property
    def pods_by_label(self) -> dict[tuple[str, str], list[Manifest]]:
        """The objects that make pods, by each label of these."""
        by_label: dict[tuple[str, str], list[Manifest]] = {}
        for manifest in self.manifests:
            for label in manifest.pods.labels.items() if manifest.pods else ():
                by_label.setdefault(label, []).append(manifest)
        return by_label

    @cached_property
    def documented(self) -> set[str]:
        """Every word of pages, scripts and charts' templates, names of files included."""
        return {word for text in self._documents for word in _WORD.findall(text)}

    def documents(self, *words: str) -> bool:
        """Whether one line of a page, a script or a chart's template has all of these words."""
        lines = (line for text in self._documents for line in text.splitlines())
        return any({*words}.issubset(_WORD.findall(line)) for line in lines)

    @cached_property
    def _documents(self) -> list[str]:
        return [file.text for file in self.files.values() if not _is_plain_manifest(file)]

    @cached_property
    def names(self) -> dict[str, set[str]]:
        """The names of all objects by kind."""
        names: dict[str, set[str]] = {}
        for manifest in self.manifests:
            names.setdefault(manifest.kind, set()).update(manifest.names)
        return names


def _is_plain_manifest(file: File) -> bool:
    if not file.name.endswith(SUFFIXES) or not ("kind:" in file.text or file.name in FILES):
        return False
    return "/templates/" not in f"/{file.path}" and ".github/" not in file.path
