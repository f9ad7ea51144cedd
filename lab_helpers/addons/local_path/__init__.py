"""Storage as the architecture has it (section 1.3): the class local-path, whose directories lie below /data."""

from __future__ import annotations

from pathlib import Path

from lab_helpers.addons.conditions import available
from lab_helpers.addons.contract import Addon, ProgramImage
from lab_helpers.language import gettext_noop

__all__ = ["ADDON"]

_PROVISIONER = "local-path-provisioner"

ADDON = Addon(
    name="local-path",
    summary=gettext_noop("Storage for claims: a directory of the node each, by the StorageClass local-path."),
    directory=Path(__file__).parent,
    ready=(available("deployment", _PROVISIONER, "local-path-storage"),),
    images={f"lab.local/{_PROVISIONER}": ProgramImage((_PROVISIONER,))},
    # k3s has its own. The class that claims name on a cluster of the user's own is for its doctor to look at.
    provided={"k3d": (available("deployment", _PROVISIONER, "kube-system"),), "existing": ()},
    is_base=True,
)
