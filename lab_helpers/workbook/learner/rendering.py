"""What kustomize makes of a directory in a learner's workspace, or why it makes nothing of it."""

from __future__ import annotations

from pathlib import Path

import yaml

from lab_helpers import shell, wait
from lab_helpers.errors import CheckFailed, CommandFailed
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import manifests

__all__ = ["NotRendered", "render"]


class NotRendered(CheckFailed):
    """What kustomize refuses; ``seen`` is its last line."""


def render(workspace: Path, directory: str) -> list[Object]:
    """The objects of a kustomization; within one look it is rendered once.

    Args:
        workspace: Where the learner works.
        directory: The kustomization's, relative to it.

    Raises:
        CheckFailed: A file of it cannot be read.
        NotRendered: kustomize refuses it.
    """
    look, key = wait.current_look(), ("kustomize", workspace, directory)
    if look is not None and key in look.reads:
        objects: list[Object] = look.reads[key]
        return objects
    manifests.expect_kustomization(workspace, directory)
    objects = [item for item in yaml.safe_load_all(_build(workspace, directory)) if item]
    if look is not None:
        look.reads[key] = objects
    return objects


def _build(workspace: Path, directory: str) -> str:
    try:
        return shell.run(["kubectl", "kustomize", directory], cwd=workspace).stdout
    except CommandFailed as error:
        reason = error.output.strip().splitlines()[-1] if error.output.strip() else str(error)
        raise NotRendered(
            _("kustomize to render {directory}").format(directory=directory),
            seen=reason.replace(f"{workspace}/", ""),
            hint=_hint(reason),
            next_step=f"kubectl kustomize {directory} > /dev/null",
        ) from error


def _hint(reason: str) -> str:
    if "must be a directory" in reason or "no such file" in reason:
        return _("A kustomization lists a file or a directory that is not there.")
    if "no matches for Id" in reason:
        return _(
            "The patch names an object that is none: kind, name and namespace must be those of the base, to the letter."
        )
    return _("So will `kubectl diff` and `kubectl apply`: nothing of the overlay reaches the cluster.")
