"""A cluster as checklists look at it: its objects, read by kubectl; nothing is changed, and no secret is shown."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from lab_helpers.errors import Forbidden, LabError
from lab_helpers.language import gettext as _
from lab_helpers.policy.asking import ask
from lab_helpers.policy.checklists.checklist import Point, State
from lab_helpers.policy.checklists.evidence import Place

__all__ = ["LiveCluster", "Object", "at", "containers", "every", "untold"]

Object = dict[str, Any]

_ENVIRONMENTS = ("staging", "production")


class LiveCluster:
    """A cluster that answers.

    Args:
        kubeconfig: Its kubeconfig; by default the one that kubectl takes.
        context: The context in it; by default the current one.
        namespaces: Those that are looked at; by default all that are labelled as an environment.
        repository: The Deploy repository that it runs; by default none is looked at.

    Attributes:
        repository: The same.
    """

    def __init__(
        self,
        kubeconfig: Path | None = None,
        context: str | None = None,
        namespaces: Sequence[str] = (),
        repository: Path | None = None,
    ) -> None:
        self.repository = repository
        self._kubeconfig = kubeconfig
        self._context = context
        self._namespaces = tuple(namespaces)
        self._lists: dict[tuple[str, str], list[Object]] = {}

    @property
    def name(self) -> str:
        """What it is called where it is spoken of."""
        return self._context or str(self._kubeconfig or os.environ.get("KUBECONFIG", "~/.kube/config"))

    @cached_property
    def namespaces(self) -> tuple[str, ...]:
        """Those that are looked at: named, or labelled as an environment; none where none is, or may be seen."""
        if self._namespaces:
            return self._namespaces
        try:
            items = self.list("namespaces")
        except Forbidden:
            return ()
        return tuple(item["metadata"]["name"] for item in items if _environment(item) in _ENVIRONMENTS)

    def within(self, *kinds: str) -> list[Object]:
        """The objects of some kinds in the namespaces that are looked at.

        Raises:
            Forbidden: This user may not see them.
            LabError: The cluster does not answer.
        """
        return [item for kind in kinds for namespace in self.namespaces for item in self.list(kind, namespace)]

    def list(self, kind: str, namespace: str = "") -> list[Object]:
        """The objects of a kind in a namespace, by default in all; nothing where the cluster does not know the kind.

        Raises:
            Forbidden: This user may not see them.
            LabError: The cluster does not answer.
        """
        key = (kind, namespace)
        if key not in self._lists:
            where = ["--namespace", namespace] if namespace else ["--all-namespaces"]
            # Who applied on the server is only in the managed fields.
            text = self.ask("get", kind, *where, "--output", "json", "--show-managed-fields")
            self._lists[key] = json.loads(text)["items"] if text else []
        return self._lists[key]

    def ask(self, *arguments: str) -> str:
        """What kubectl prints; nothing where there is no such thing.

        Raises:
            Forbidden: This user may not see it.
            LabError: The cluster does not answer.
        """
        options = ["--kubeconfig", str(self._kubeconfig)] if self._kubeconfig else []
        options += ["--context", self._context] if self._context else []
        answer = ask(options, *arguments)
        if answer.returncode == 0 or answer.stdout.strip() == "no":  # so `auth can-i` says it
            return answer.stdout
        last = (answer.stderr.strip().splitlines() or [""])[-1]
        if "NotFound" in last or "have a resource type" in last:
            return ""
        kind = Forbidden if "Forbidden" in last else LabError
        reason = _("may not be seen") if kind is Forbidden else _("does not answer")
        raise kind(reason, object=self.name, last_event=last, next_step="kubectl cluster-info")


def at(item: Object, text: str = "") -> Place:
    """An object of a cluster as the place of evidence, as kubectl names it."""
    metadata = item["metadata"]
    namespace = f"-n {metadata['namespace']} " if "namespace" in metadata else ""
    return Place(f"{namespace}{item['kind'].lower()}/{metadata['name']}", 0, text)


def containers(workload: Object) -> Sequence[Object]:
    """The containers of a workload's pods, without those that run before them."""
    return tuple(workload["spec"]["template"]["spec"]["containers"])


def untold(statement: str, error: LabError) -> Point:
    """A point that this user's rights do not let anybody judge."""
    step = _("ask whoever administers the cluster: {reason}").format(reason=error.last_event or error.reason)
    return Point(statement, State.OPEN, None, step)


def _environment(namespace: Object) -> str:
    return str(namespace["metadata"].get("labels", {}).get("environment", ""))


def every(statement: str, items: Sequence[Object], wrong: Sequence[Object], kind: str) -> Point:
    """A point that is ticked where there is something, and nothing of it is wrong."""
    if wrong:
        step = f"kubectl -n {wrong[0]['metadata']['namespace']} get {kind}"
        return Point(statement, State.OPEN, at(wrong[0]), step)
    return Point.of(statement, at(items[0]) if items else None, f"kubectl get {kind} --all-namespaces")
