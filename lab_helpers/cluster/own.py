"""What a user says about a cluster and a registry that are theirs, not the lab's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lab_helpers.cluster.territory import Territory

__all__ = ["NOTHING", "Own"]


@dataclass(frozen=True)
class Own:
    """A cluster and a registry of the user's own; empty where nothing was said.

    Attributes:
        context: The kubeconfig's context; by default its current one.
        registry: The registry the images go to and come from, as in ``registry.example.com:5000/team``.
        registry_ca: The certificate of the authority that signed the registry's; by default the system's.
        registry_config: A Docker configuration with credentials for it; by default the user's own.
        storage_class: The StorageClass that claims name there; by default the template's, ``local-path``.
        registry_pull_config: A Docker configuration with the credentials that the cluster is given to pull; by default
            it is given those that push.
        territory: Tells what the workbook does there; asked only where a lab connects.
    """

    context: str = ""
    registry: str = ""
    registry_ca: Path | None = None
    registry_config: Path | None = None
    storage_class: str = ""
    registry_pull_config: Path | None = None
    territory: Callable[[], Territory] = field(default=Territory, compare=False)


NOTHING = Own()
"""Nothing was said."""
