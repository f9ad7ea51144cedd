"""What kustomize makes of the learner's Deploy repository, and where base and overlay differ."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import committed, manifests, rendering
from lab_helpers.workbook.learner.committed import Committed
from lab_helpers.workbook.learner.rendering import NotRendered

__all__ = [
    "APPLY",
    "BASE",
    "COMPONENT",
    "GROUND",
    "NAME",
    "OVERLAY",
    "REPOSITORY",
    "differences",
    "expect_committed",
    "find",
    "listed",
    "render",
]

NAME = "prj-02"
"""The project; its namespace, its Deployment and its label are called so, too."""

REPOSITORY = "infra"
BASE = f"{REPOSITORY}/k8s/base"
OVERLAY = f"{REPOSITORY}/k8s/overlays/production"
COMPONENT = f"{OVERLAY}/{NAME}"
"""What production changes of the project."""

APPLY = f"kubectl apply -k {OVERLAY} -l app={NAME}"
GROUND = f"kubectl apply -k {OVERLAY} -l '!app'"
"""What belongs to no project: namespaces, storage, policies, and what is sealed."""

_DRAW_VALUES = f"{REPOSITORY}/_shared/scripts/env/setup_env_secure.sh production"


def render(lab: CheckContext, directory: str = OVERLAY) -> list[Object]:
    """The objects of a kustomization in the workspace.

    Raises:
        CheckFailed: A file of it cannot be read, or kustomize refuses it.
    """
    try:
        return rendering.render(lab.workspace, directory)
    except NotRendered as failure:
        if ".env" in failure.seen and not list((lab.workspace / OVERLAY / "secrets").glob("*.env")):
            raise CheckFailed(
                _("the files with production's secret values"),
                seen=_("none in {directory}").format(directory=f"{OVERLAY}/secrets"),
                hint=_("They are in no commit, so each machine that deploys draws or gets its own: a script does it."),
                next_step=_DRAW_VALUES,
            ) from failure
        raise


def find(objects: Sequence[Object], kind: str, name: str) -> Object:
    """One of the rendered objects of the project.

    Raises:
        CheckFailed: It is none of them.
    """
    for item in objects:
        if (item["kind"], item["metadata"]["name"]) == (kind, name):
            return item
    raise CheckFailed(
        _("{object} in what kustomize renders").format(object=f"{kind} {name}"),
        seen=_("none"),
        hint=_(
            "kustomize renders what a kustomization.yaml lists under `resources`, and says nothing of a file that it "
            "does not list."
        ),
        next_step=f"git -C {REPOSITORY} diff HEAD -- k8s/base/kustomization.yaml",
    )


def listed(lab: CheckContext) -> list[str]:
    """The patch files that production's share of the project lists, relative to the workspace."""
    entries = manifests.read(lab.workspace, f"{COMPONENT}/kustomization.yaml").entries("patches")
    return [os.path.normpath(f"{COMPONENT}/{entry['path'].text}") for entry in entries if entry.has("path")]


def expect_committed(lab: CheckContext) -> list[Committed]:
    """Make sure that production's share of the project is in Git as it is, and return the commits.

    Raises:
        Uncommitted: A file of it is not committed as it is.
    """
    files = [f"{COMPONENT}/kustomization.yaml", *listed(lab)]
    return [committed.read(lab.workspace, REPOSITORY, file.removeprefix(f"{REPOSITORY}/")) for file in files]


def differences(base: Sequence[Object], overlay: Sequence[Object]) -> list[tuple[str, str, str, str]]:
    """Where the project's objects differ: object, field, what the base says, what the overlay says."""
    before = {_key(item): dict(_fields(item)) for item in base}
    rows = []
    for item in overlay:
        if item["metadata"].get("labels", {}).get("app") == NAME and _key(item) in before:
            fields = dict(_fields(item))
            for field in sorted({**before[_key(item)], **fields}):
                values = before[_key(item)].get(field, ""), fields.get(field, "")
                if values[0] != values[1]:
                    rows.append((_key(item), field, *values))
    return rows


def _key(item: Object) -> str:
    return f"{item['kind']} {item['metadata']['name']}"


def _fields(value: Any, path: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - whatever YAML holds
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _fields(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _fields(inner, f"{path}[{number}]")
    else:
        yield path, str(value)
