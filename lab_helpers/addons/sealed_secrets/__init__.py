"""SealedSecrets: what may lie in Git, because only the controller in the cluster can open it.

Under upstream's names, in ``kube-system``, so that ``kubeseal`` finds it without being told where.
"""

from __future__ import annotations

from pathlib import Path

from lab_helpers.addons.conditions import available, served
from lab_helpers.addons.contract import Addon, ProgramImage, Selection
from lab_helpers.language import gettext_noop

__all__ = ["ADDON"]

_SERVED = served("bitnami.com/v1alpha1")

ADDON = Addon(
    name="sealed-secrets",
    summary=gettext_noop("Secrets that may lie in Git: kubeseal seals them, the controller opens them."),
    directory=Path(__file__).parent,
    ready=(available("deployment", "sealed-secrets-controller", "kube-system"), _SERVED),
    images={"lab.local/sealed-secrets-controller": ProgramImage(("controller",))},
    upstream="sealed-secrets",
    provided={"existing": (_SERVED,)},
    generated=(Selection("Secret", "kube-system", "sealedsecrets.bitnami.com/sealed-secrets-key"),),
)
