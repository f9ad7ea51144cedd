"""What building a kustomization gives: the objects, what is wrong with it, what of it is unknown."""

from __future__ import annotations

from dataclasses import dataclass, field

from lab_helpers.policy.manifests.nodes import Origin
from lab_helpers.policy.manifests.objects import Manifest

__all__ = ["Build", "Fault", "Gap"]


@dataclass(frozen=True)
class Fault:
    """What ``kubectl kustomize`` would refuse, or ignore in silence.

    Attributes:
        kind: ``resource``: a listed file is not there; ``patch``: a patch has no target; ``image``: an entry of
            ``images:`` has none; ``failure``: a patch cannot be applied.
        origin: Where it is written.
        name: What is named there.
        reason: Why, of a failure.
    """

    kind: str
    origin: Origin
    name: str
    reason: str = ""


@dataclass(frozen=True)
class Gap:
    """Something that only a cluster, a network or another program could resolve.

    Attributes:
        origin: Where it is written.
        name: What it is: an address, a key of the kustomization.
    """

    origin: Origin
    name: str


@dataclass
class Build:
    """What a kustomization deploys.

    Attributes:
        manifests: The objects.
        faults: What is wrong with it, or with those below it.
        gaps: What of it is unknown.
        files: Every file that was named.
    """

    manifests: list[Manifest] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
