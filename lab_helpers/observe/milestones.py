"""Record the turning points of a Deployment's rollouts: asked for, complete, stalled, deleted."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lab_helpers.errors import LabError
from lab_helpers.kube.client import Client
from lab_helpers.kube.transport import Object
from lab_helpers.language import gettext as _
from lab_helpers.observe.recording import Recording
from lab_helpers.observe.rollout import status_of
from lab_helpers.observe.timeline import image_tag

__all__ = ["Milestone", "Milestones"]

Kind = Literal["asked for", "complete", "stalled", "deleted"]


@dataclass(frozen=True)
class Milestone:
    """A turning point of a rollout.

    Attributes:
        at: When it was seen, in seconds since 1970.
        kind: ``asked for`` (the Deployment's pod template changed), ``complete``, ``stalled`` (no progress for its
            progressDeadlineSeconds) or ``deleted``.
        image_tag: The release that the Deployment then asked for.
    """

    at: float
    kind: Kind
    image_tag: str


class Milestones:
    """The turning points of one Deployment, recorded by a thread from ``start`` to ``stop``.

    Args:
        client: The cluster.
        name: The Deployment.
        namespace: Where it is.
    """

    def __init__(self, client: Client, name: str, namespace: str) -> None:
        self._client = client
        self._name = name
        self._namespace = namespace
        self._seen: list[Milestone] = []
        self._template: Object | None = None
        self._end: Kind | None = None
        self._lock = threading.Lock()
        self._recording: Recording | None = None

    @property
    def seen(self) -> list[Milestone]:
        """Every one so far; the first is the release that was asked for before the recording began."""
        with self._lock:
            return list(self._seen)

    def start(self) -> None:
        """Begin recording; what the Deployment asks for is known when it returns.

        Raises:
            LabError: There is no such Deployment.
        """
        deployment = self._client.get("deployment", self._name, self._namespace)
        if deployment is None:
            reason = _("not found in namespace {namespace}").format(namespace=self._namespace)
            next_step = f"kubectl -n {self._namespace} get deployments"
            raise LabError(reason, object=f"deployment/{self._name}", next_step=next_step)
        self._add("ADDED", deployment)
        watch = self._client.watch("deployment", self._namespace)
        self._recording = Recording(watch, self._add, f"rollouts of {self._name}")

    @property
    def error(self) -> LabError | None:
        """Why the recording ended before it was asked to; None while it goes on."""
        return self._recording.error if self._recording is not None else None

    def stop(self) -> None:
        """End recording.

        Raises:
            LabError: The record has a hole.
        """
        if self._recording is not None:
            self._recording.stop()

    def _add(self, change: str, deployment: Object) -> None:
        if deployment["metadata"]["name"] != self._name:
            return
        now = time.time()
        with self._lock:
            for kind in self._turns(change, deployment):
                self._seen.append(Milestone(now, kind, image_tag(deployment["spec"]["template"])))

    def _turns(self, change: str, deployment: Object) -> Iterator[Kind]:
        template, now = deployment["spec"]["template"], status_of(deployment)
        if change == "DELETED":
            self._template, self._end = None, None
            yield "deleted"
            return
        if template != self._template:
            self._template, self._end = template, None
            yield "asked for"
        end: Kind | None = "complete" if now.is_complete else "stalled" if now.is_stalled else None
        if end and self._end not in (
            "complete",
            end,
        ):  # a pod that is lost later makes it incomplete again, and is no new rollout
            self._end = end
            yield end
