"""git-server: a Git server in the cluster, so that what runs there can follow what a learner commits.

It serves every repository to whoever asks in the cluster, over Git's own protocol, which only reads. Who pushes comes
in by ``kubectl exec``: the cluster's own rights say who may (see ``lab_helpers/workbook/room/git-over-kubectl``).
"""

from __future__ import annotations

from pathlib import Path

from lab_helpers.addons.conditions import available
from lab_helpers.addons.contract import Addon, ProgramImage
from lab_helpers.language import gettext_noop

__all__ = ["ADDON"]

ADDON = Addon(
    name="git-server",
    summary=gettext_noop("A Git server in the cluster, which tells Argo CD of each push."),
    directory=Path(__file__).parent,
    ready=(available("deployment", "git-server", "git-server"),),
    images={
        "lab.local/git-server": ProgramImage(
            ("kubectl",),
            packages=("coreutils", "dash", "git", "sed"),
            without=("dpkg", "liberror-perl", "perl"),
        )
    },
)
