"""Traefik: the Ingress controller that k3s ships, under the names that it has there.

It listens on ports 80 and 443 of its node, which this machine reaches under an address of its own loopback (see
``Cluster.entry``).
"""

from __future__ import annotations

from pathlib import Path

from lab_helpers.addons.conditions import available, present
from lab_helpers.addons.contract import Addon, ProgramImage
from lab_helpers.language import gettext_noop

__all__ = ["ADDON"]

ADDON = Addon(
    name="traefik",
    summary=gettext_noop("Traefik leads requests from outside to Services, as Ingresses say: by host, over TLS."),
    directory=Path(__file__).parent,
    ready=(available("deployment", "traefik", "kube-system"),),
    images={"lab.local/traefik": ProgramImage(("traefik",))},
    provided={"existing": (present("/apis/networking.k8s.io/v1/ingressclasses/traefik", "ingressclass/traefik"),)},
)
