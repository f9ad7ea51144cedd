"""The pictures of the workbook: each has an SVG for the eye and a table that says the same."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from lab_helpers.observe.timeline import PodSample
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.display import styles
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.persistence_chart import (
    Survival,
    draw_persistence,
    persistence_story,
    persistence_table,
)
from lab_helpers.workbook.pictures.rollout_chart import draw_rollout
from lab_helpers.workbook.pictures.rollout_model import Moment, Rollout
from lab_helpers.workbook.pictures.rollout_text import rollout_tables
from lab_helpers.workbook.pictures.topology_chart import draw_topology, topology_story, topology_table
from lab_helpers.workbook.pictures.topology_model import Namespace
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["Moment", "Picture", "Survival", "persistence_picture", "rollout_picture", "topology_picture"]


@dataclass(frozen=True)
class Picture:
    """A picture that shows itself in a notebook, and as text where there is no notebook.

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
        # An image rather than the element itself: JupyterLab takes foreign elements out of the output of a
        # notebook that was run elsewhere, and a run without a browser is always "elsewhere".
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
    gone: Mapping[str, float] | None = None,
    gaps: Sequence[tuple[float, float]] = (),
) -> Picture:
    """Draw a rollout: the pods over time, and the requests by the release that answered.

    Args:
        samples: What became of the pods, as ``PodTimeline.samples`` has it.
        requests: What came of the requests, as ``Probe.requests`` has it.
        moments: What was done, named in the picture.
        gone: When pods went away, as ``PodTimeline.gone`` has it.
        gaps: When not everything was seen: first and last moment of each, in seconds since 1970.
    """
    rollout = Rollout(samples, requests, moments, gone or {}, gaps)
    tables = rollout_tables(rollout)
    told = [rollout.verdict, *filter(None, [rollout.details]), *map(repr, tables)]
    return Picture(rollout.story, draw_rollout(rollout), "\n".join(told), tables)


def persistence_picture(rows: Sequence[Survival]) -> Picture:
    """Draw what outlived what: a line for each place something was written to, through all that happened."""
    table = persistence_table(rows)
    return Picture(persistence_story(rows), draw_persistence(rows), repr(table), [table])


def topology_picture(namespaces: Sequence[Namespace]) -> Picture:
    """Draw what runs: the objects of each namespace that is there, and what holds them together."""
    shown = [namespace for namespace in namespaces if namespace.is_there] or namespaces
    table = topology_table(shown)
    return Picture(topology_story(shown), draw_topology(shown), repr(table), [table])
