"""Chart the objects of namespaces: boxes in columns, and lines for owners, mounts and Services' endpoints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab_helpers.observe.timeline import Phase
from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.drawing import Drawing, shortened, version_looks
from lab_helpers.workbook.pictures.topology_model import Namespace, Pod
from lab_helpers.workbook.pictures.words import phase_look, phrase

__all__ = ["draw_topology", "topology_story", "topology_table"]

_EDGE, _BOX, _GAP, _TALL, _ROW = 10, 152, 26, 50, 62
# Where lines turn in the gap between columns, from its right: arrows and lines do not overlap.
_LANES = {"sends": 5, "broken": 10, "link": 15}
_BOLD = 1.12  # the width of bold text relative to normal text
_WIDTH = 2 * _EDGE + 5 * _BOX + 4 * _GAP + 2 * _EDGE
_SIGNS: dict[Phase, str] = {"pending": "○", "running": "◐", "ready": "●", "terminating": "◌"}


class _TopologyPage:
    """The part of the drawing for one namespace, with the position of each box by kind and name."""

    def __init__(self, drawing: Drawing, top: float) -> None:
        self.drawing = drawing
        self.top = top
        self.places: dict[tuple[str, str], tuple[float, float]] = {}
        self.rows = [0] * 5

    def box(self, column: int, kind: str, name: str, state: str, look: str = "") -> None:
        """Draw the next box of a column."""
        x, y = 2 * _EDGE + column * (_BOX + _GAP), self.top + self.rows[column] * _ROW
        self.drawing.rect(x, y, _BOX, _TALL, f"box {look}".rstrip(), 6)
        self.drawing.text(x + 9, y + 15, phrase(kind), "quiet small")
        self.drawing.text(x + 9, y + 30, shortened(name, _BOX - 18, 12 * _BOLD), "name small")
        self.drawing.text(x + 9, y + 44, shortened(state, _BOX - 18, 12), "quiet small")
        self.places[kind, name] = (x, y + _TALL / 2)
        self.rows[column] += 1

    def mark(self, place: tuple[str, str], look: str) -> None:
        """Mark a box with its release, in the upper right corner."""
        x, y = self.places[place]
        self.drawing.rect(x + _BOX - 18, y - _TALL / 2 + 7, 10, 10, look, 2)

    def link(self, start: tuple[str, str], end: tuple[str, str]) -> None:
        """Draw a line from the right of one box to the left of another, if both exist."""
        if start in self.places and end in self.places:
            (x, y), (to_x, to_y) = self.places[start], self.places[end]
            middle = to_x - _LANES["link"]
            self.drawing.path(f"M{x + _BOX:g} {y:g}H{middle:g}V{to_y:g}H{to_x:g}", "link")

    def send(self, start: tuple[str, str], end: tuple[str, str], look: str) -> None:
        """Draw an arrow from the left of one box to the right of another, a little above their line."""
        if start in self.places and end in self.places:
            (x, y), (to_x, to_y) = self.places[start], self.places[end]
            middle, tip = x - _LANES[look], to_x + _BOX
            self.drawing.path(f"M{x:g} {y - 9:g}H{middle:g}V{to_y - 9:g}H{tip + 6:g}", look)
            self.drawing.path(f"M{tip + 1:g} {to_y - 9:g}l7 -4v8z", f"{look} tip")


def topology_story(namespaces: Sequence[Namespace]) -> str:
    """The chart in one sentence, for screen readers."""
    objects = [f"{phrase(kind)} {name}: {state}" for space in namespaces for kind, name, state, _ in _rows(space)]
    return f"{phrase(words.TOPOLOGY, namespaces=_names(namespaces))}: {'; '.join(objects)}"


def topology_table(namespaces: Sequence[Namespace]) -> Table:
    """The same as a table."""
    names = (phrase(words.OBJECT), phrase(words.NAME), phrase(words.STATE), phrase(words.PART_OF))
    return Table(names, [(phrase(kind), *rest) for space in namespaces for kind, *rest in _rows(space)])


def draw_topology(namespaces: Sequence[Namespace]) -> str:
    """The picture as SVG."""
    drawing, y = Drawing(_WIDTH), 48.0
    drawing.text(_EDGE, 30, shortened(phrase(words.TOPOLOGY, namespaces=_names(namespaces)), _WIDTH, 17), "title")
    for space in namespaces:
        y = _draw_namespace(drawing, y, space)
    return drawing.svg(y, phrase(words.TOPOLOGY, namespaces=_names(namespaces)), topology_story(namespaces))


def _draw_namespace(drawing: Drawing, top: float, space: Namespace) -> float:
    """Draw a namespace; return the position of the next one."""
    page = _TopologyPage(drawing, top + 34)
    _draw_boxes(page, space)
    _draw_links(page, space)
    y = page.top + _ROW * max(page.rows)
    for line in _notes(space):
        drawing.text(2 * _EDGE, y + 8, shortened(line, _WIDTH - 4 * _EDGE, 12), "quiet small")
        y += 18
    drawing.rect(_EDGE, top, _WIDTH - 2 * _EDGE, y + 6 - top, "rule", 8)
    drawing.text(2 * _EDGE, top + 21, phrase(words.NAMESPACE, name=space.name), "name")
    return y + 24


def _draw_boxes(page: _TopologyPage, space: Namespace) -> None:
    columns = {words.DEPLOYMENT: 0, words.SERVICE: 3, words.REPLICASET: 1, words.POD_KIND: 2}
    columns |= {words.CLAIM: 3, words.VOLUME: 4}
    looks = {replicaset.name: "hollow" for replicaset in space.replicasets if not replicaset.pods}
    for kind, name, state, _ in _rows(space):
        column = columns.get(kind)
        if column is not None:
            page.box(column, kind, name, state, looks.get(name, ""))
    releases = version_looks(sorted(replicaset.image_tag for replicaset in space.replicasets))
    for replicaset in space.replicasets:
        page.mark((words.REPLICASET, replicaset.name), releases[replicaset.image_tag])


def _draw_links(page: _TopologyPage, space: Namespace) -> None:
    for replicaset in space.replicasets:
        page.link((words.DEPLOYMENT, replicaset.owner), (words.REPLICASET, replicaset.name))
    for pod in space.pods:
        page.link((words.REPLICASET, pod.owner), (words.POD_KIND, pod.name))
        for mounted in pod.claims:
            page.link((words.POD_KIND, pod.name), (words.CLAIM, mounted))
    for service in space.services:
        for name in service.ready:
            page.send((words.SERVICE, service.name), (words.POD_KIND, name), "sends")
        for name in service.not_ready:
            page.send((words.SERVICE, service.name), (words.POD_KIND, name), "broken")
    for claim in space.claims:
        page.link((words.CLAIM, claim.name), (words.VOLUME, claim.volume))


def _notes(space: Namespace) -> Iterator[str]:
    if not space.is_there:
        yield phrase(words.NO_NAMESPACE)
    elif not any(_rows(space)):
        yield phrase(words.EMPTY)
    if space.configmaps:
        yield phrase(words.CONFIGMAPS, names=", ".join(space.configmaps))
    if space.secrets:
        yield phrase(words.SECRETS, names=", ".join(space.secrets))


def _rows(space: Namespace) -> list[tuple[str, str, str, str]]:
    """Kind (untranslated), name, state and owner of each object."""
    return [*_workloads(space), *_rest(space)]


def _workloads(space: Namespace) -> Iterator[tuple[str, str, str, str]]:
    for deployment in space.deployments:
        yield (
            words.DEPLOYMENT,
            deployment.name,
            phrase(words.READY_OF, ready=deployment.ready, wanted=deployment.desired),
            "",
        )
    for replicaset in space.replicasets:
        template = words.REVISION_OF if replicaset.pods else words.REVISION_KEPT
        state = phrase(template, number=replicaset.revision, image=replicaset.image_tag)
        yield words.REPLICASET, replicaset.name, state, replicaset.owner
    for pod in space.pods:
        yield words.POD_KIND, pod.name, _pod_state(pod), pod.owner or phrase(words.NO_OWNER)


def _rest(space: Namespace) -> Iterator[tuple[str, str, str, str]]:
    for service in space.services:
        state = phrase(words.ENDPOINTS, ready=len(service.ready), all=len(service.ready) + len(service.not_ready))
        yield words.SERVICE, service.name, state, phrase(words.SERVES, names=", ".join(service.ready) or "–")
    for claim in space.claims:
        users = ", ".join(pod.name for pod in space.pods if claim.name in pod.claims)
        yield words.CLAIM, claim.name, f"{claim.state}, {claim.size}", users and phrase(words.MOUNTED, names=users)
        if claim.volume:
            yield words.VOLUME, claim.volume, claim.size, claim.name


def _pod_state(pod: Pod) -> str:
    return f"{_SIGNS[pod.phase]} {phase_look(pod.phase)}"


def _names(namespaces: Sequence[Namespace]) -> str:
    return ", ".join(space.name for space in namespaces)
