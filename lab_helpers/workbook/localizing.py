"""Fit the template's copy to the cluster at hand: the registry it pulls from, namespaces that are not its to make."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from lab_helpers.images.registry import HOST, Registry

__all__ = ["localize"]

_IMAGE = re.compile(rf"^(?P<indent>[ ]*)- name: (?P<image>{re.escape(HOST)}/\S+)\n(?![ ]*newName:)", re.MULTILINE)
_NAMESPACE = re.compile(r"^([ ]*)- (namespaces/\S+\.yaml)$", re.MULTILINE)


def localize(workspace: Path, registry: Registry, *, makes_namespaces: bool) -> None:
    """Change the manifests of a workspace where this cluster is not as the template has it; may be done again.

    Overlays name the registry in kustomize's ``images:``; manifests that no kustomization covers, at the top of
    the workspace, name it themselves.

    Args:
        workspace: Where the learner works.
        registry: The registry the cluster pulls from.
        makes_namespaces: Whether the learner may make namespaces.
    """
    for file in workspace.rglob("kustomization.yaml"):
        _change(file, lambda text: _fit(text, registry, makes_namespaces=makes_namespaces))
    for file in workspace.glob("*.yaml"):
        _change(file, registry.localize)


def _change(file: Path, change: Callable[[str], str]) -> None:
    before = file.read_text(encoding="utf-8")
    after = change(before)
    if after != before:
        file.write_text(after, encoding="utf-8")


def _fit(text: str, registry: Registry, *, makes_namespaces: bool) -> str:
    if registry.root != HOST:
        text = _IMAGE.sub(
            lambda found: f"{found[0]}{found['indent']}  newName: {registry.localize(found['image'])}\n", text
        )
    if not makes_namespaces:
        text = _NAMESPACE.sub(r"\1# On this cluster its administrator's: \2", text)
    return text
