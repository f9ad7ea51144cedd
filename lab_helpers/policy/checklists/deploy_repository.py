"""A Deploy repository as its checklist looks at it: what each environment applies, and what the lint says of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.policy.checklists.checklist import Point, State
from lab_helpers.policy.checklists.evidence import Place
from lab_helpers.policy.checklists.subject import read_files
from lab_helpers.policy.finding import Finding
from lab_helpers.policy.kind import Kind, detect
from lab_helpers.policy.linting import lint
from lab_helpers.policy.manifests.collecting import inventory
from lab_helpers.policy.manifests.deployment import Deployment
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.objects import Manifest
from lab_helpers.policy.repository import Repository

__all__ = ["DeployRepository", "deploy_repository", "place_of"]


class DeployRepository:
    """The repository that the checklist is about.

    Args:
        root: Its directory.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def stock(self) -> Inventory:
        """All that it deploys."""
        [part] = Repository(self.root, Kind.DEPLOY).parts
        return inventory(part)

    @cached_property
    def _findings(self) -> tuple[Finding, ...]:
        return lint([self.root], Kind.DEPLOY).findings

    @cached_property
    def overlays(self) -> list[Deployment]:
        """What is built upon something else: an environment each."""
        directories = set(self.bases)
        return [
            deployment
            for deployment in self.stock.deployments
            if deployment.kustomization and not directories.isdisjoint(deployment.kustomization.references)
        ]

    @cached_property
    def bases(self) -> dict[str, Place]:
        """The directories that overlays are built upon, each with the place where one says so."""
        return {
            kustomization.path(entry): Place(origin.file, origin.line, entry)
            for deployment in self.stock.deployments
            if (kustomization := deployment.kustomization) is not None
            for entry, origin in kustomization.entries("resources", "bases")
            if not entry.endswith((".yaml", ".yml", ".json"))
        }

    def of_kind(self, *kinds: str) -> list[Manifest]:
        """The objects of some kinds that overlays apply, each once."""
        manifests = {
            (manifest.kind, manifest.namespace, manifest.name): manifest
            for overlay in self.overlays
            for manifest in overlay.manifests
            if manifest.kind in kinds
        }
        return list(manifests.values())

    def unbroken(self, statement: str, evidence: Iterable[Manifest], rules: Iterable[str], step: str) -> Point:
        """A point that is ticked where there is something, and the lint finds nothing wrong with it.

        Args:
            statement: What must be so.
            evidence: What there must be.
            rules: The rules of the lint that say what is wrong.
            step: What to do where there is nothing.
        """
        finding = next(self._broken(rules), None)
        if finding is not None:
            return Point(statement, State.OPEN, Place(finding.file, finding.line, finding.message), finding.fix)
        first = next(iter(evidence), None)
        return Point.of(statement, place_of(first) if first else None, step)

    def _broken(self, rules: Iterable[str]) -> Iterator[Finding]:
        named = frozenset(rules)
        return (finding for finding in self._findings if finding.rule in named)


def place_of(manifest: Manifest) -> Place:
    """Where an object is written."""
    return Place(manifest.origin.file, manifest.origin.line, manifest.reference)


def deploy_repository(root: Path) -> DeployRepository:
    """The Deploy repository in a directory.

    Raises:
        LabError: It cannot be read, holds nothing, or holds several repositories.
    """
    if detect(read_files(root)) is Kind.TEMPLATE:
        reason = _("is the template, of which infra/ is the Deploy repository")
        step = shlex.join(["lab", "checklist", "deploy", str(root / "infra")])
        raise LabError(reason, object=str(root), next_step=step)
    return DeployRepository(root)
