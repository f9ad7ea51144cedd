"""The architecture's checklists (appendix E): each box is ticked by evidence in a repository, or open."""

from __future__ import annotations

from lab_helpers.policy.checklists.app import APP
from lab_helpers.policy.checklists.checklist import Box, Checklist, Point, State, Subject, Verdict, judge
from lab_helpers.policy.checklists.evidence import Place

__all__ = ["CHECKLISTS", "Box", "Checklist", "Place", "Point", "State", "Subject", "Verdict", "judge"]

CHECKLISTS = {checklist.name: checklist for checklist in (APP,)}
"""All of them, by name."""
