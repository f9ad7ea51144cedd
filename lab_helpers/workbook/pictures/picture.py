"""The pictures of the workbook: each has an SVG and equivalent tables."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from lab_helpers.observe.dashboards import Dashboard
from lab_helpers.observe.timeline import PodSample
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.display import styles
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.boundary_chart import boundary_story, boundary_table, draw_boundary
from lab_helpers.workbook.pictures.boundary_model import Boundary
from lab_helpers.workbook.pictures.certificate_chart import certificate_story, certificate_tables, draw_certificate
from lab_helpers.workbook.pictures.commits_chart import Commit, commits_story, commits_table, draw_commits
from lab_helpers.workbook.pictures.dashboard_chart import dashboard_story, dashboard_tables, draw_dashboard
from lab_helpers.workbook.pictures.node_model import NodeRollout
from lab_helpers.workbook.pictures.persistence_chart import (
    Survival,
    draw_persistence,
    persistence_story,
    persistence_table,
)
from lab_helpers.workbook.pictures.rebuild_chart import RebuildPhase, draw_rebuild, rebuild_story, rebuild_table
from lab_helpers.workbook.pictures.retrospect_chart import draw_retrospect, retrospect_story, retrospect_table
from lab_helpers.workbook.pictures.retrospect_model import Certificate, Retrospect
from lab_helpers.workbook.pictures.rollout_chart import draw_rollout
from lab_helpers.workbook.pictures.rollout_model import Moment, Rollout
from lab_helpers.workbook.pictures.rollout_text import rollout_tables
from lab_helpers.workbook.pictures.topology_chart import draw_topology, topology_story, topology_table
from lab_helpers.workbook.pictures.topology_model import Namespace
from lab_helpers.workbook.pictures.words import phrase

__all__ = [
    "Commit",
    "Moment",
    "Picture",
    "RebuildPhase",
    "Survival",
    "boundary_picture",
    "certificate_picture",
    "commits_picture",
    "dashboard_picture",
    "persistence_picture",
    "rebuild_picture",
    "retrospect_picture",
    "rollout_picture",
    "topology_picture",
]


@dataclass(frozen=True)
class Picture:
    """A picture with an HTML form for notebooks and a text form for terminals.

    Attributes:
        title: What it shows, in one sentence.
        svg: The picture, one ``<svg>`` element; the same bytes for the same input.
        text: The same as text.
        tables: The same as tables.
    """

    title: str
    svg: str = field(repr=False)
    text: str = field(repr=False)
    tables: Sequence[Table] = field(default=(), repr=False)

    def _repr_html_(self) -> str:
        # An image rather than the element itself: JupyterLab removes SVG elements from the output of a notebook that it
        # does not trust, and the output of a headless run is never trusted.
        source = base64.b64encode(self.svg.encode()).decode()
        image = (
            f'{styles.THEME}<img class="{styles.PICTURE}" alt="{escape(self.title)}" style="max-width:100%" '
            f'src="data:image/svg+xml;base64,{source}">'
        )
        if not self.tables:
            return image
        tables = "".join(table._repr_html_() for table in self.tables)
        summary = f'<summary style="cursor:pointer">{escape(phrase(words.AS_TABLE))}</summary>'
        return f"{image}<details>{summary}{tables}</details>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": self.text}

    def __repr__(self) -> str:
        return self.text


def rollout_picture(
    samples: Sequence[PodSample],
    requests: Sequence[Request],
    moments: Sequence[Moment] = (),
    deleted_at: Mapping[str, float] | None = None,
    gaps: Sequence[tuple[float, float]] = (),
    *,
    is_by_node: bool = False,
) -> Picture:
    """Draw a rollout: the pods over time, and the requests by the release that answered.

    Args:
        samples: The pods' phases, from ``PodTimeline.samples``.
        requests: The requests, from ``Probe.requests``.
        moments: The moments to label.
        deleted_at: When pods were deleted, from ``PodTimeline.deleted_at``.
        gaps: Start and end of each time with incomplete observations, in seconds since 1970.
        is_by_node: Group the pods by the node that they are on instead of by their release.
    """
    rollout = (NodeRollout if is_by_node else Rollout)(samples, requests, moments, deleted_at or {}, gaps)
    tables = rollout_tables(rollout)
    lines = [rollout.verdict, *filter(None, [rollout.details]), *map(repr, tables)]
    return Picture(rollout.story, draw_rollout(rollout), "\n".join(lines), tables)


def persistence_picture(rows: Sequence[Survival]) -> Picture:
    """Draw which data survived which events."""
    table = persistence_table(rows)
    return Picture(persistence_story(rows), draw_persistence(rows), repr(table), [table])


def topology_picture(namespaces: Sequence[Namespace]) -> Picture:
    """Draw the objects of each existing namespace, and how they are connected."""
    shown = [namespace for namespace in namespaces if namespace.is_there] or namespaces
    table = topology_table(shown)
    return Picture(topology_story(shown), draw_topology(shown), repr(table), [table])


def boundary_picture(boundary: Boundary) -> Picture:
    """Draw an App and a Deploy repository, and the image tags in which they meet."""
    table = boundary_table(boundary)
    return Picture(boundary_story(boundary), draw_boundary(boundary), repr(table), [table])


def dashboard_picture(dashboard: Dashboard) -> Picture:
    """Draw the panels of a dashboard."""
    tables = dashboard_tables(dashboard)
    return Picture(dashboard_story(dashboard), draw_dashboard(dashboard), "\n".join(map(repr, tables)), tables)


def commits_picture(commits: Sequence[Commit]) -> Picture:
    """Draw commits, oldest first, beside what became of each in the cluster that follows them."""
    table = commits_table(commits)
    return Picture(commits_story(commits), draw_commits(commits), repr(table), [table])


def retrospect_picture(retrospect: Retrospect) -> Picture:
    """Draw the rules of the architecture, and where each was proven."""
    table = retrospect_table(retrospect)
    return Picture(retrospect_story(retrospect), draw_retrospect(retrospect), repr(table), [table])


def certificate_picture(certificate: Certificate) -> Picture:
    """Draw a certificate: who has proven what, when and where."""
    tables, story = certificate_tables(certificate), certificate_story(certificate)
    text = "\n".join([story, certificate.cluster, *map(repr, tables)])
    return Picture(story, draw_certificate(certificate), text, tables)


def rebuild_picture(phases: Sequence[RebuildPhase], limit_seconds: float) -> Picture:
    """Draw what the rebuilding of a lost cluster took, phase by phase."""
    table, story = rebuild_table(phases), rebuild_story(phases, limit_seconds)
    return Picture(story, draw_rebuild(phases, limit_seconds), f"{story}\n{table!r}", [table])
