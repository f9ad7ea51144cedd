"""What a lab shows of itself: its cluster, the workspace and what it began with, and how far the steps are."""

from __future__ import annotations

from lab_helpers.cluster.base import Cluster
from lab_helpers.language import gettext as _
from lab_helpers.workbook.course.outlines import Outline
from lab_helpers.workbook.display.cards import Card, Tone
from lab_helpers.workbook.learner.phase_map import steps_table
from lab_helpers.workbook.learner.phases import phase
from lab_helpers.workbook.learner.workspace import Workspace

__all__ = ["overview"]


def overview(outline: Outline, cluster: Cluster, version: str, workspace: Workspace, remark: str) -> Card:
    """The card of a lab that is open.

    Args:
        outline: The lab.
        cluster: Where it runs.
        version: The Kubernetes version that its API server says.
        workspace: Where the learner works.
        remark: What else they should know; empty for nothing.
    """
    description = _("{name}, made by {provider}, Kubernetes {version}").format(
        name=cluster.name, provider=cluster.provider, version=version
    )
    lines: list[tuple[str, object]] = [(_("cluster"), description), (_("workspace"), str(workspace.directory))]
    lines += [(_("begins"), source) for source in workspace.begins]
    lines += [(_("kept"), note) for note in workspace.remarks]
    if remark:
        lines.append((_("note"), remark))
    own_phase = phase(cluster.name, outline.notebook)
    return Card(Tone.NEUTRAL, outline.title, [*lines, ("", steps_table(own_phase))])
