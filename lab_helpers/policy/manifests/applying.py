"""Apply a patch of a kustomization to the objects that it targets."""

from __future__ import annotations

from typing import Any

from lab_helpers.policy.manifests.build import Build, Fault
from lab_helpers.policy.manifests.nodes import Items, Map, Origin, copied
from lab_helpers.policy.manifests.objects import Manifest
from lab_helpers.policy.manifests.patching import PatchFailed, json_patch, merge
from lab_helpers.policy.manifests.targets import is_plain, is_target, reference

__all__ = ["apply_patch"]


def apply_patch(patch: Any, target: Any, build: Build) -> Origin | None:  # noqa: ANN401 - whatever YAML holds
    """Apply a patch to what a build has by now; what kustomize would refuse becomes a fault of the build.

    Args:
        patch: A strategic merge patch, or a JSON patch.
        target: What the kustomization says of its target; None where the patch names it itself.
        build: The build; changed.

    Returns:
        Where the target is named; None where nothing fits it.
    """
    targets = [each for each in build.manifests if is_target(each, target, patch)]
    for manifest in targets:
        if manifest.kind != "CustomResourceDefinition":
            _change(manifest, _without_identity(patch) if isinstance(target, Map) else patch, build)
    named = target if isinstance(target, Map) else patch
    if targets:
        return named.origin if isinstance(named, Map) else None
    # With a gap, the target may be in what is unknown.
    if not build.gaps and isinstance(named, Map) and _must_fit(named, target):
        build.faults.append(Fault("patch", named.origin, reference(named)))
    return None


def _must_fit(named: Map, target: Any) -> bool:  # noqa: ANN401
    """Whether it is a mistake that nothing fits: a pattern may fit nothing, and what is deleted may be gone."""
    return is_plain(target) if isinstance(target, Map) else named.get("$patch") != "delete"


def _without_identity(patch: Any) -> Any:  # noqa: ANN401
    """A patch for whatever the kustomization's target fits: what it is called itself does not count."""
    if not isinstance(patch, Map):
        return patch
    changes = copied(patch)
    for key in ("apiVersion", "kind"):
        changes.pop(key, None)
    metadata = changes.get("metadata")
    if isinstance(metadata, Map):
        for key in ("name", "namespace"):
            metadata.pop(key, None)
    return changes


def _change(manifest: Manifest, patch: Any, build: Build) -> None:  # noqa: ANN401
    try:
        if isinstance(patch, Items):
            json_patch(manifest.content, patch)
        elif isinstance(patch, Map) and not merge(manifest.content, patch):
            build.manifests.remove(manifest)
    except PatchFailed as failed:
        build.faults.append(Fault("failure", failed.origin, manifest.reference, failed.reason))
    manifest.forget_pods()
