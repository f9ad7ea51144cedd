"""The architecture's checklists (appendix E): each box is ticked by evidence in a repository or a cluster, or open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lab_helpers.policy.checklists.app import APP
from lab_helpers.policy.checklists.checklist import Box, Checklist, Point, State, Verdict
from lab_helpers.policy.checklists.cluster import CLUSTER
from lab_helpers.policy.checklists.deploy import DEPLOY
from lab_helpers.policy.checklists.deploy_repository import deploy_repository
from lab_helpers.policy.checklists.evidence import Place
from lab_helpers.policy.checklists.expand import EXPAND
from lab_helpers.policy.checklists.first_deploy import FIRST_DEPLOY
from lab_helpers.policy.checklists.live import LiveCluster
from lab_helpers.policy.checklists.operate import OPERATE
from lab_helpers.policy.checklists.subject import subject

__all__ = [
    "OF_CLUSTERS",
    "OF_REPOSITORIES",
    "Box",
    "Checklist",
    "LiveCluster",
    "Place",
    "Point",
    "State",
    "Verdict",
    "titles",
]

OF_REPOSITORIES: dict[str, Callable[[Path], tuple[Verdict, ...]]] = {
    APP.name: lambda root: APP.judge(subject(root)),
    DEPLOY.name: lambda root: DEPLOY.judge(deploy_repository(root)),
}
"""What judges a repository by a checklist, by the checklist's name."""

OF_CLUSTERS = {checklist.name: checklist for checklist in (CLUSTER, FIRST_DEPLOY, EXPAND, OPERATE)}
"""The checklists that a live cluster is judged by, by name."""


def titles() -> dict[str, str]:
    """What each checklist is about, by its name, marked for translation."""
    return {each.name: each.title for each in (APP, CLUSTER, DEPLOY, FIRST_DEPLOY, EXPAND, OPERATE)}
