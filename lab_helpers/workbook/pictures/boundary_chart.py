"""Chart an App and a Deploy repository: their contents to the left and right, the image tags in the middle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab_helpers.workbook.display.tables import Table
from lab_helpers.workbook.pictures import words as words
from lab_helpers.workbook.pictures.boundary_model import (
    APP_CONTENTS,
    DEPLOY_CONTENTS,
    Boundary,
    RepositoryContents,
)
from lab_helpers.workbook.pictures.drawing import Drawing, shortened, version_looks
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["boundary_story", "boundary_table", "draw_boundary"]

_EDGE, _SIDE, _MIDDLE, _GAP = 10, 250, 200, 60
_WIDTH = 2 * _EDGE + 2 * _SIDE + _MIDDLE + 2 * _GAP
_TOP, _LINE, _TAG = 48, 20, 46


def boundary_story(boundary: Boundary) -> str:
    """The chart in one sentence, for screen readers."""
    sides = [f"{part}: {content}" for part, content in _sides(boundary)]
    return f"{phrase(words.BOUNDARY)}: {'; '.join([*sides, *(_tag_story(boundary, tag) for tag in boundary.tags)])}"


def boundary_table(boundary: Boundary) -> Table:
    """The same as a table."""
    rows = [*_sides(boundary), *((boundary.image, _tag_story(boundary, tag)) for tag in boundary.tags)]
    return Table((phrase(words.PART), phrase(words.HOLDS)), rows)


def draw_boundary(boundary: Boundary) -> str:
    """The picture as SVG."""
    drawing = Drawing(_WIDTH)
    drawing.text(_EDGE, 30, phrase(words.BOUNDARY), "title")
    right = _WIDTH - _EDGE - _SIDE
    heights = [
        _draw_repository(drawing, _EDGE, phrase(words.APP_REPOSITORY), boundary.app, APP_CONTENTS),
        _draw_repository(drawing, right, phrase(words.DEPLOY_REPOSITORY), boundary.deploy, DEPLOY_CONTENTS),
        _draw_tags(drawing, boundary, right),
    ]
    return drawing.svg(_TOP + max(heights) + _EDGE, phrase(words.BOUNDARY), boundary_story(boundary))


def _draw_repository(
    drawing: Drawing, x: float, kind: str, repository: RepositoryContents, contents: Sequence[str]
) -> float:
    """Draw one repository; return its height."""
    drawing.text(x + 12, _TOP + 20, kind, "quiet small")
    drawing.text(x + 12, _TOP + 40, shortened(f"{repository.name}/", _SIDE - 24), "name")
    y = _TOP + 58
    for look, line in _lines(repository, contents):
        drawing.text(x + 12, y, shortened(line, _SIDE - 24, 12), f"{look} small".strip())
        y += _LINE
    height = y - _TOP
    drawing.rect(x, _TOP, _SIDE, height, "box", 8)
    return height


def _lines(repository: RepositoryContents, contents: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The look and text of each line about a repository."""
    yield "quiet", phrase(words.COMMITS, count=repository.commits)
    yield "quiet", repository.template or phrase(words.NO_TEMPLATE)
    for kind in contents:
        yield "", phrase(words.FILES_OF, kind=phrase(kind), count=repository.files.get(kind, 0))
    for path in repository.misplaced:
        yield "fail", phrase(words.MISPLACED, path=path)


def _draw_tags(drawing: Drawing, boundary: Boundary, right: float) -> float:
    """Draw the registry with the image's tags, and who names each; return its height."""
    x = _EDGE + _SIDE + _GAP
    drawing.text(x + 12, _TOP + 20, phrase(words.REGISTRY), "quiet small")
    drawing.text(x + 12, _TOP + 40, shortened(boundary.image, _MIDDLE - 24), "name")
    y, looks = _TOP + 56.0, version_looks(boundary.tags)
    for tag in boundary.tags:
        is_good, middle = boundary.is_good(tag), y + _TAG / 2
        drawing.rect(x + 12, y, _MIDDLE - 24, _TAG - 8, "box" if is_good else "broken", 6)
        drawing.rect(x + 22, y + 9, 10, 10, looks[tag] if is_good else "broken", 2)
        drawing.text(x + 40, y + 18, shortened(tag, _MIDDLE - 70, 12), "mono")
        drawing.text(x + 40, y + 32, _pushed(boundary, tag), "quiet small" if is_good else "fail small")
        if tag in boundary.git_tags:
            _arrow(drawing, _EDGE + _SIDE, x + 12, middle, "sends", words.BUILDS)
        if boundary.environments(tag):
            _arrow(drawing, right, x + _MIDDLE - 12, middle, "sends" if is_good else "broken", words.DEPLOYS)
        y += _TAG
    height = y + 6 - _TOP
    drawing.rect(x, _TOP, _MIDDLE, height, "rule", 8)
    return height


def _arrow(drawing: Drawing, start: float, tip: float, y: float, look: str, label: str) -> None:
    """An arrow to a tag, with a word above it."""
    back = 8 if tip > start else -8
    drawing.line(start, y, tip - back, y, look)
    drawing.path(f"M{tip:g} {y:g}l{-back:g} -4v8z", f"{look} tip")
    inner = _GAP * (0.5 if tip > start else -0.5)
    drawing.text(start + inner, y - 6, phrase(label), "quiet small", "middle")


def _pushed(boundary: Boundary, tag: str) -> str:
    if tag == "latest":
        return phrase(words.MOVES)
    return phrase(words.PUSHED if tag in boundary.pushed else words.NOT_PUSHED)


def _tag_story(boundary: Boundary, tag: str) -> str:
    by = [phrase(words.BUILT_BY, name=boundary.app.name)] if tag in boundary.git_tags else []
    environments = ", ".join(boundary.environments(tag))
    named = [phrase(words.NAMED_BY, name=boundary.deploy.name, environments=environments)] if environments else []
    return f"{tag} ({', '.join([_pushed(boundary, tag), *by, *named])})"


def _sides(boundary: Boundary) -> list[tuple[str, str]]:
    sides = (
        (words.APP_REPOSITORY, boundary.app, APP_CONTENTS),
        (words.DEPLOY_REPOSITORY, boundary.deploy, DEPLOY_CONTENTS),
    )
    return [
        (f"{phrase(kind)} {repository.name}/", ", ".join(line for _look, line in _lines(repository, contents)))
        for kind, repository, contents in sides
    ]
