"""The part of a lab's session that its checks may use, as protocols."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from lab_helpers.cluster.base import Capability, Entry
from lab_helpers.errors import LabError
from lab_helpers.images.registry import Registry
from lab_helpers.kube.client import Client
from lab_helpers.workbook.course.outline import Scalar
from lab_helpers.workbook.pictures.observation import RolloutObservation

__all__ = ["CheckContext", "RequestStream"]


class RequestStream(Protocol):
    """A steady stream of requests to what a step rolls out, and the pods behind it."""

    @property
    def judged_by(self) -> str:
        """The step whose check has ended it; empty while none has."""

    @property
    def is_over(self) -> bool:
        """Whether it was stopped, for whatever reason."""

    @property
    def error(self) -> LabError | None:
        """Why it sees nothing more, or not all; None while it does."""

    @property
    def observation(self) -> RolloutObservation:
        """What it has seen so far."""

    def stop(self, step: str) -> RolloutObservation:
        """End it and account for every request; safe to call again.

        Args:
            step: The step that it is judged for.

        Raises:
            LabError: Part of it was not seen, so it proves nothing.
        """


class CheckContext(Protocol):
    """One lab on one cluster, as its checks see it."""

    @property
    def client(self) -> Client:
        """The cluster's objects."""

    @property
    def registry(self) -> Registry:
        """The registry that its nodes know as ``ghcr.io``."""

    @property
    def entry(self) -> Entry | None:
        """Where requests from outside come in; None where the lab has no part in that."""

    @property
    def workspace(self) -> Path:
        """Where the learner works."""

    @property
    def nonce(self) -> str:
        """A word that was never written anywhere before this learner began."""

    @property
    def vary(self) -> Mapping[str, Scalar]:
        """The learner's own values, drawn from ``[vary]``."""

    @property
    def observations(self) -> dict[str, Any]:
        """What checks of earlier steps saw, for those of later ones: plain JSON values, for they outlive the kernel."""

    @property
    def watch(self) -> RequestStream | None:
        """The stream of requests that runs, or ran last; None before the first."""

    def can(self, capability: Capability) -> bool:
        """Whether the cluster can do something that not every cluster can."""
