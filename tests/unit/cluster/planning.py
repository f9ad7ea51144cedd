"""What planning a cluster takes that no machine has to have."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers.cluster.embedded.artifacts import EmbeddedArtifacts
from lab_helpers.cluster.embedded.services import PROGRAMS
from lab_helpers.images import registry
from lab_helpers.images.system import SystemImage

__all__ = ["ARTIFACTS", "use_no_machine"]

_ARCHIVE = Path("/cache/system.tar")
ARTIFACTS = EmbeddedArtifacts(
    {name: Path("/cache/programs", name) for name in PROGRAMS},
    [SystemImage("pause", "lab.local/pause:1", _ARCHIVE)],
    [_ARCHIVE],
    "overlayfs",
    Path("/cache/store"),
)
"""What a cluster is made of, all of it invented."""


def use_no_machine(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plan with an empty state directory, and a registry that need not be installed."""
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    monkeypatch.setattr(registry, "command", lambda directory: ["registry", str(directory)])
