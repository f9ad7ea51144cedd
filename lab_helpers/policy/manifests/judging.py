"""What rules on manifests share: which objects they judge, and one finding for one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import wraps

from lab_helpers.policy.finding import Severity
from lab_helpers.policy.kind import Kind
from lab_helpers.policy.manifests.collecting import inventory
from lab_helpers.policy.manifests.deployment import Deployment
from lab_helpers.policy.manifests.environments import Environment
from lab_helpers.policy.manifests.inventory import Inventory
from lab_helpers.policy.manifests.nodes import Origin
from lab_helpers.policy.manifests.objects import LONG_RUNNING, Manifest, Pods
from lab_helpers.policy.registry import Violation
from lab_helpers.policy.repository import Part

__all__ = ["KINDS", "each", "is_vendored", "once", "violation", "workloads"]

KINDS = (Kind.APP, Kind.DEPLOY, Kind.COMBINED)
"""Rules on manifests judge manifests wherever they lie."""


def once(judge: Callable[[Inventory], Iterable[Violation]]) -> Callable[[Part], Iterator[Violation]]:
    """Judge the inventory of a part; what several overlays deploy from one place is named once."""

    @wraps(judge)
    def judge_part(part: Part) -> Iterator[Violation]:
        places = set()
        for entry in judge(inventory(part)):
            place = (entry.file, entry.line, entry.message)
            if place not in places:
                places.add(place)
                yield entry

    return judge_part


def violation(
    manifest: Manifest, message: str, origin: Origin | None = None, severity: Severity | None = None, fix: str = ""
) -> Violation:
    """A violation of an object: at a place in it, by default where it begins."""
    file, line = origin or manifest.origin
    return Violation(file, line, message, manifest.reference, severity, fix)


def each(deployments: Iterable[Deployment], *, in_development: bool = False) -> Iterator[tuple[Deployment, Manifest]]:
    """The objects of deployments, by default without those for development."""
    for deployment in deployments:
        if in_development or deployment.environment is not Environment.DEVELOPMENT:
            for manifest in deployment.manifests:
                yield deployment, manifest


def workloads(deployments: Iterable[Deployment]) -> Iterator[tuple[Deployment, Manifest, Pods]]:
    """The long-running workloads that are a team's own to write, outside development."""
    for deployment, manifest in each(deployments):
        if manifest.kind in LONG_RUNNING and manifest.pods is not None and not is_vendored(manifest):
            yield deployment, manifest, manifest.pods


def is_vendored(manifest: Manifest) -> bool:
    """Whether an object was rendered from a chart, which is mended by its values and not here."""
    return "helm.sh/chart" in manifest.labels or manifest.labels.get("app.kubernetes.io/managed-by") == "Helm"
