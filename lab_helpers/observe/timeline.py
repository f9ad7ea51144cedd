"""Record the phases of a Deployment's pods over time."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Literal

from lab_helpers import wait
from lab_helpers.errors import LabError, WaitTimeout
from lab_helpers.kube.client import Client
from lab_helpers.kube.conditions import is_ready
from lab_helpers.kube.transport import Object
from lab_helpers.kube.watch import Outage
from lab_helpers.language import gettext as _
from lab_helpers.observe.recording import Recording
from lab_helpers.observe.rollout import pods_selector, revision_of

__all__ = ["Phase", "PodSample", "PodTimeline", "image_tag", "phase_of"]

Phase = Literal["pending", "running", "ready", "terminating"]

# The longest time that recording a change waits for its pod's revision.
_LOOK_UP_SECONDS = 2.0


@dataclass(frozen=True)
class PodSample:
    """The phase of one pod from one moment on.

    Attributes:
        at: The moment, in seconds since 1970.
        pod: The pod's name.
        revision: The Deployment's revision it belongs to; 0 if unknown.
        image_tag: The tag of its first container's image, which names the release.
        phase: ``pending`` (no process yet), ``running`` (not Ready), ``ready`` or ``terminating``.
        node: The node it is on; empty until it has one.
    """

    at: float
    pod: str
    revision: int
    image_tag: str
    phase: Phase
    node: str = ""


def phase_of(pod: Object) -> Phase:
    """The phase of a pod; narrower than Kubernetes' own, which calls a pod that is not Ready ``Running``."""
    status = pod.get("status", {})
    if pod["metadata"].get("deletionTimestamp"):
        return "terminating"
    if is_ready(pod):
        return "ready"
    return "running" if status.get("phase") == "Running" else "pending"


def image_tag(pod: Object) -> str:
    """The tag of a pod's first container's image; the beginning of the digest if it names one."""
    image = str(pod["spec"]["containers"][0]["image"])
    if "@" in image:
        return image.partition("@")[2][:19]
    return image.rpartition("/")[2].partition(":")[2] or "latest"


class PodTimeline:
    """The pods of one Deployment over time, recorded by a thread from ``start`` to ``stop``.

    As a context manager it does both. The samples may be read at any time.

    Args:
        client: The cluster.
        name: The Deployment's name.
        namespace: The Deployment's namespace.

    Raises:
        LabError: From ``start``: there is no such Deployment. From ``stop``: the recording ended early, so it may be
            incomplete.
    """

    def __init__(self, client: Client, name: str, namespace: str) -> None:
        self._client = client
        self._name = name
        self._namespace = namespace
        self._samples: list[PodSample] = []
        self._deleted_at: dict[str, float] = {}
        self._phases: dict[str, Phase] = {}
        self._revisions: dict[str, int] = {}
        self._lock = threading.Lock()
        self._recording: Recording | None = None

    @property
    def samples(self) -> list[PodSample]:
        """The changes so far, in the order they were observed."""
        with self._lock:
            return list(self._samples)

    @property
    def outages(self) -> list[Outage]:
        """The times in which the API server did not respond: changes were then observed late, or not at all."""
        return self._recording.outages if self._recording is not None else []

    @property
    def error(self) -> LabError | None:
        """Why the recording ended before ``stop``; None while it continues."""
        return self._recording.error if self._recording is not None else None

    @property
    def deleted_at(self) -> Mapping[str, float]:
        """When each deleted pod was gone, in seconds since 1970."""
        with self._lock:
            return dict(self._deleted_at)

    def start(self) -> PodTimeline:
        """Begin recording; the existing pods are recorded when this returns."""
        deployment = self._client.get("deployment", self._name, self._namespace)
        if deployment is None:
            reason = _("not found in namespace {namespace}").format(namespace=self._namespace)
            next_step = f"kubectl -n {self._namespace} get deployments"
            raise LabError(reason, object=f"deployment/{self._name}", next_step=next_step)
        selector = pods_selector(deployment)
        for pod in self._client.list("pod", self._namespace, selector):
            self._add("ADDED", pod)
        watch = self._client.watch("pod", self._namespace, selector)
        self._recording = Recording(watch, self._add, f"pods of {self._name}")
        return self

    def stop(self) -> None:
        """End recording."""
        if self._recording is not None:
            self._recording.stop()

    def _add(self, change: str, pod: Object) -> None:
        observed_at, name, phase = time.time(), pod["metadata"]["name"], phase_of(pod)
        revision = self._revision(pod)
        sample = PodSample(observed_at, name, revision, image_tag(pod), phase, pod["spec"].get("nodeName", ""))
        with self._lock:
            if change == "DELETED":
                self._deleted_at[name] = observed_at
                self._phases.pop(name, None)  # a StatefulSet's pod keeps its name
            elif self._phases.get(name) != phase:
                self._phases[name] = phase
                self._samples.append(sample)

    def _revision(self, pod: Object) -> int:
        """The revision of a pod, looked up once: a rollback renumbers its ReplicaSet and makes new pods."""
        name = pod["metadata"]["name"]
        if name not in self._revisions:
            owner = next(iter(pod["metadata"].get("ownerReferences", [])), None)
            try:
                with wait.look(_LOOK_UP_SECONDS):
                    replicaset = owner and self._client.get("replicaset", owner["name"], self._namespace)
            except WaitTimeout:
                return 0  # unknown for now; looked up again with the next change
            self._revisions[name] = revision_of(replicaset) if replicaset else 0
        return self._revisions[name]

    def __enter__(self) -> PodTimeline:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
