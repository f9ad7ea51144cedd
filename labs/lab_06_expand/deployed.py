"""Whether the cluster has what the learner's Deploy repository says, and the repository has it in a commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.workbook.learner import committed, git, rendering
from lab_helpers.workbook.learner.production import APPLY, OVERLAY, REPOSITORY

__all__ = ["PROJECTS", "expect_as_committed", "expect_some", "last_commit", "live", "missing", "render"]

PROJECTS = ("prj-01", "prj-02", "prj-04")
"""Those with a Deployment; prj-03 is a CronJob. Namespace, Deployment and label are called alike."""

_SCOPE = "k8s"
"""What is applied, below the repository."""


def render(lab: CheckContext) -> list[Object]:
    """The objects of production, as kustomize makes them of the workspace.

    Raises:
        CheckFailed: A file of it cannot be read, or kustomize refuses it.
    """
    return rendering.render(lab.workspace, OVERLAY)


def live(lab: CheckContext, kind: str, namespaces: Sequence[str]) -> list[Object]:
    """The objects of a kind in some namespaces."""
    return [item for namespace in namespaces for item in lab.client.list(kind.lower(), namespace)]


def expect_as_committed(lab: CheckContext, kind: str, namespaces: Sequence[str]) -> None:
    """Make sure that the objects of a kind are those that the overlay renders, and that it is committed.

    Args:
        lab: The lab.
        kind: As in ``NetworkPolicy``.
        namespaces: Where they are.

    Raises:
        CheckFailed: One is only in the cluster, only in the files, or different; or the files are in no commit.
    """
    rendered = {_key(item): _content(item) for item in render(lab) if item["kind"] == kind}
    known = {_key(item): _content(item) for item in live(lab, kind, namespaces)}
    for name in sorted(known.keys() - rendered.keys()):
        raise CheckFailed(
            _("{object} in what kustomize renders").format(object=f"{kind} {name}"),
            seen=_("only in the cluster"),
            hint=_(
                "What is only in the cluster nobody else knows, and the next cluster does not have it. A file in a "
                "base counts once a kustomization.yaml lists it under `resources`; of one that it does not list, "
                "nothing says a word."
            ),
            next_step=f"git -C {REPOSITORY} status --short; less {REPOSITORY}/k8s/base/kustomization.yaml",
        )
    different = sorted(
        name
        for name, content in rendered.items()
        if name.partition("/")[0] in namespaces and not _agrees(content, known.get(name))
    )
    if different:
        raise CheckFailed(
            _("{object} as production's overlay says").format(object=f"{kind} {different[0]}"),
            seen=_("something else") if different[0] in known else _("none in the cluster"),
            hint=_("What is in the files is in force when it is applied; `kubectl diff` says what differs."),
            next_step=APPLY,
        )
    committed.expect_clean(lab.workspace, REPOSITORY, _SCOPE)


def expect_some(lab: CheckContext, kind: str, namespaces: Sequence[str], component: str) -> None:
    """Make sure that there is an object of a kind in each namespace, which a component of production brings.

    Raises:
        CheckFailed: There is none in one of them.
    """
    for namespace in namespaces:
        if not lab.client.list(kind.lower(), namespace):
            raise missing(_("a {kind} in {namespace}").format(kind=kind, namespace=namespace), component)


def missing(object_: str, component: str) -> CheckFailed:
    """What is not in the cluster, and comes with a component that production has and does not take by itself."""
    return CheckFailed(
        object_,
        seen=_("none"),
        hint=_(
            "Production has it in the component `{component}`: a line under `components`, a commit, an apply."
        ).format(component=component),
        next_step=f"grep -A 8 components: {OVERLAY}/kustomization.yaml",
    )


def last_commit(lab: CheckContext) -> str:
    """The commit that changed last what is applied."""
    return git.run(lab.workspace / REPOSITORY, "log", "-1", "--format=%h %s", "--", _SCOPE).strip()


def _key(item: Object) -> str:
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"


def _content(item: Object) -> Object:
    return {key: value for key, value in item.items() if key not in ("apiVersion", "kind", "metadata", "status")}


def _agrees(rendered: Any, known: Any) -> bool:  # noqa: ANN401 - whatever a manifest holds
    """Whether the cluster has what is rendered; what it adds, such as defaults, is no difference."""
    if isinstance(rendered, dict):
        return isinstance(known, dict) and all(_agrees(value, known.get(key)) for key, value in rendered.items())
    if isinstance(rendered, list):
        same = isinstance(known, list) and len(known) == len(rendered)
        return same and all(map(_agrees, rendered, known))
    return bool(rendered == known)
