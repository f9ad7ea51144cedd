"""Record the milestones of a Deployment's rollouts: requested, complete, stalled, deleted."""

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
    """A milestone of a rollout.

    Attributes:
        at: When it was observed, in seconds since 1970.
        kind: ``asked for`` (the Deployment's pod template changed), ``complete``, ``stalled`` (no progress for its
            progressDeadlineSeconds) or ``deleted``.
        image_tag: The image tag in the Deployment's pod template at that time.
    """

    at: float
    kind: Kind
    image_tag: str


class Milestones:
    """The milestones of one Deployment, recorded by a thread from ``start`` to ``stop``.

    Args:
        client: The cluster.
        name: The Deployment's name.
        namespace: The Deployment's namespace.
    """

    def __init__(self, client: Client, name: str, namespace: str) -> None:
        self._client = client
        self._name = name
        self._namespace = namespace
        self._recorded: list[Milestone] = []
        self._template: Object | None = None
        self._end: Kind | None = None
        self._lock = threading.Lock()
        self._recording: Recording | None = None

    @property
    def recorded(self) -> list[Milestone]:
        """The milestones so far; the first is the release of the pod template when the recording began."""
        with self._lock:
            return list(self._recorded)

    def start(self) -> None:
        """Begin recording; the Deployment's current release is recorded when this returns.

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
        """Why the recording ended before ``stop``; None while it continues."""
        return self._recording.error if self._recording is not None else None

    def stop(self) -> None:
        """End recording.

        Raises:
            LabError: The recording ended early, so it may be incomplete.
        """
        if self._recording is not None:
            self._recording.stop()

    def _add(self, change: str, deployment: Object) -> None:
        if deployment["metadata"]["name"] != self._name:
            return
        observed_at = time.time()
        with self._lock:
            for kind in self._milestones_of(change, deployment):
                self._recorded.append(Milestone(observed_at, kind, image_tag(deployment["spec"]["template"])))

    def _milestones_of(self, change: str, deployment: Object) -> Iterator[Kind]:
        template, status = deployment["spec"]["template"], status_of(deployment)
        if change == "DELETED":
            self._template, self._end = None, None
            yield "deleted"
            return
        if template != self._template:
            self._template, self._end = template, None
            yield "asked for"
        end: Kind | None = "complete" if status.is_complete else "stalled" if status.is_stalled else None
        # A pod that is lost later makes the rollout incomplete again, but is no new rollout.
        if end and self._end not in ("complete", end):
            self._end = end
            yield end
