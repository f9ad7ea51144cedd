"""NetworkPolicies are enforced by kube-router's firewall controller on every node, the one that k3s embeds.

It is a DaemonSet in the network of its node, the way Kubernetes has for a process that every node runs: a node that
joins later gets it, and it has an account, rights, limits and logs of its own. Its image brings iptables and ipset.
"""

from __future__ import annotations

from pathlib import Path

from lab_helpers.addons.conditions import available
from lab_helpers.addons.contract import Addon, ProgramImage
from lab_helpers.language import gettext_noop

__all__ = ["ADDON"]

ADDON = Addon(
    name="network-policy",
    summary=gettext_noop("NetworkPolicies are enforced, for traffic to pods and from them."),
    directory=Path(__file__).parent,
    ready=(available("daemonset", "kube-router", "kube-system"),),
    images={"lab.local/kube-router": ProgramImage(("kube-router",), packages=("iptables", "ipset", "busybox-static"))},
    # kind's own network enforces them, and so does k3s itself, of which there is nothing to be seen.
    provided={"kind": (available("daemonset", "kindnet", "kube-system"),), "k3d": ()},
)
