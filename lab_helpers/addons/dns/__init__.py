"""Cluster DNS: CoreDNS, with the plugins of kubeadm's Corefile."""

from __future__ import annotations

from pathlib import Path

from lab_helpers.addons.conditions import available
from lab_helpers.addons.contract import Addon, ProgramImage
from lab_helpers.language import gettext_noop

__all__ = ["ADDON"]

_READY = (available("deployment", "coredns", "kube-system"),)

ADDON = Addon(
    name="dns",
    summary=gettext_noop("Names for Services and pods: cluster DNS."),
    directory=Path(__file__).parent,
    ready=_READY,
    images={"lab.local/coredns": ProgramImage(("coredns",))},
    provided={"kind": _READY, "k3d": _READY, "existing": ()},
    is_base=True,
)
