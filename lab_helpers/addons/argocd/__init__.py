"""argocd: Argo CD's core, which makes the cluster what a Git repository says, and keeps it so.

Upstream's manifests without what nobody uses here: no server with pages and users, no ApplicationSets. Applications are
objects like others, and who may change them is a matter of the cluster's own rights.
"""

from __future__ import annotations

from pathlib import Path

from lab_helpers.addons.conditions import available, served
from lab_helpers.addons.contract import Addon, ProgramImage
from lab_helpers.language import gettext_noop

__all__ = ["ADDON"]

_NAMESPACE = "argocd"

ADDON = Addon(
    name="argocd",
    summary=gettext_noop("Argo CD: the cluster follows a Git repository, and what is changed by hand is undone."),
    directory=Path(__file__).parent,
    ready=(
        available("deployment", "argocd-redis", _NAMESPACE),
        available("deployment", "argocd-repo-server", _NAMESPACE),
        available("statefulset", "argocd-application-controller", _NAMESPACE),
        served("argoproj.io/v1alpha1"),
    ),
    images={
        "quay.io/argoproj/argocd": ProgramImage(
            ("argocd", "kustomize"),
            packages=("git",),
            without=("dpkg", "liberror-perl", "perl"),
        ),
        "public.ecr.aws/docker/library/redis": ProgramImage(
            packages=("redis-server",), without=("adduser", "init-system-helpers", "lsb-base")
        ),
    },
    upstream="argocd",
    restores=True,
)
