"""Fit the template's copy to the cluster at hand: its registry, its storage, and what is not its to make."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from lab_helpers import files
from lab_helpers.cluster.base import STORAGE_CLASS, Capability, Cluster
from lab_helpers.images.registry import HOST

__all__ = ["localize"]

_IMAGE = re.compile(rf"^(?P<indent>[ ]*)- name: (?P<image>{re.escape(HOST)}/\S+)\n(?![ ]*newName:)", re.MULTILINE)
_STORAGE_CLASS = re.compile(rf"^([ ]*(?:storageClassName|class): ){re.escape(STORAGE_CLASS)}(-retain)?$", re.MULTILINE)
_CHARTS_IMAGE = re.compile(rf"^(?P<key>[ ]*repository: )(?P<image>{re.escape(HOST)}/\S+)$", re.MULTILINE)
# Kinds without a namespace, each in a directory of the base.
_CLUSTER_SCOPED = re.compile(r"^([ ]*)- ((?:namespaces|policies|storageclasses)/\S+\.yaml)$", re.MULTILINE)


def localize(workspace: Path, cluster: Cluster) -> None:
    """Change the manifests of a workspace where this cluster is not as the template has it; may be done again.

    Overlays name the registry in kustomize's ``images:``, charts in their values; manifests that no kustomization
    covers, at the top of the workspace, name it themselves.

    Args:
        workspace: Where the learner works.
        cluster: The cluster that the manifests are for.
    """
    localized = cluster.registry.localize
    for file in workspace.rglob("*.yaml"):
        if not _is_the_labs(cluster):
            _change(file, lambda text: _STORAGE_CLASS.sub(rf"\g<1>{cluster.storage_class}", text))
    for file in workspace.rglob("kustomization.yaml"):
        _change(file, lambda text: _fit(text, cluster))
    for file in workspace.rglob("helm/apps/*/values.yaml"):
        _change(file, lambda text: _CHARTS_IMAGE.sub(lambda match: match["key"] + localized(match["image"]), text))
    for file in workspace.glob("*.yaml"):
        _change(file, localized)


def _change(file: Path, change: Callable[[str], str]) -> None:
    try:
        before = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):  # a learner's, and broken: the check of the step that needs it says so
        return
    after = change(before)
    if after != before:
        files.write(file, after)


def _fit(text: str, cluster: Cluster) -> str:
    registry = cluster.registry
    if registry.root != HOST:
        text = _IMAGE.sub(
            lambda match: f"{match[0]}{match['indent']}  newName: {registry.localize(match['image'])}\n", text
        )
    if not _is_the_labs(cluster):
        text = _CLUSTER_SCOPED.sub(r"\1# On this cluster its administrator's: \2", text)
    return text


def _is_the_labs(cluster: Cluster) -> bool:
    """Whether what lies outside of namespaces may be made there: not on a cluster of somebody else's."""
    return Capability.NAMESPACES in cluster.capabilities
