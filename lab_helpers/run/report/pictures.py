"""Extract the pictures of an executed notebook as data URIs, which run no scripts."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from lab_helpers.redact import Redactor
from lab_helpers.run.report import words as words
from lab_helpers.workbook.pictures.words import phrase

__all__ = ["ReportPicture", "pictures_of"]

# MIME types in order of preference, as an output often has both. An SVG may contain others, a page several.
_FORMS = {
    "image/svg+xml": re.compile(r"<svg\b.*</svg>", re.DOTALL),
    "text/html": re.compile(r"<svg\b.*?</svg>", re.DOTALL),
}
# Notebooks embed drawings as images: JupyterLab removes inline SVG from notebooks it does not trust.
_EMBEDDED = re.compile(r'src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)"')
_HEADING = re.compile(r"^#+\s+(.+?)\s*#*$", re.MULTILINE)
_DESCRIPTION = re.compile(r"<desc[^>]*>([^<]+)</desc>")
_TITLE = re.compile(r"<title[^>]*>([^<]+)</title>")


@dataclass(frozen=True)
class ReportPicture:
    """One picture.

    Attributes:
        caption: The heading above it in the notebook.
        alternative: The alternative text.
        source: The picture as a data URI; as an image it runs no script and fetches nothing.
        text: The same as text, usually tables; empty if the notebook has none.
    """

    caption: str
    alternative: str
    source: str
    text: str = ""


def pictures_of(notebook: Path, redactor: Redactor) -> list[ReportPicture]:
    """The SVG pictures in a notebook's outputs, in their order; none if there is no notebook."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        return []  # a run that died before its first save has no pictures; the report says why it died
    pictures: list[ReportPicture] = []
    caption = ""
    for cell in cells:
        if cell["cell_type"] == "markdown":
            caption = (_HEADING.findall("".join(cell["source"])) or [caption])[-1]
        pictures += [_picture(redactor.text(svg), caption, redactor.text(text)) for svg, text in _svgs(cell)]
    return pictures


def _svgs(cell: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each drawing of a cell with its output's plain text."""
    for output in cell.get("outputs", []):
        bundle = output.get("data", {})
        for form, pattern in _FORMS.items():
            content = "".join(bundle.get(form, ""))
            drawings = [*pattern.findall(content), *map(_decoded, _EMBEDDED.findall(content))]
            svgs = [svg for svg in map(_standalone, drawings) if svg]
            if svgs:
                text = "".join(bundle.get("text/plain", ""))
                yield from ((svg, text) for svg in svgs)
                break


def _decoded(encoded: str) -> str:
    """Decode an embedded drawing; empty if it is truncated."""
    try:
        return base64.b64decode(encoded).decode()
    except ValueError:
        return ""


def _standalone(svg: str) -> str:
    """The drawing as a standalone document; empty if it is not well-formed."""
    if "xmlns=" not in svg.partition(">")[0]:
        svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    if "xlink:" in svg and "xmlns:xlink=" not in svg:
        svg = svg.replace("<svg", '<svg xmlns:xlink="http://www.w3.org/1999/xlink"', 1)
    try:
        ParserCreate().Parse(svg, True)
    except ExpatError:
        return ""
    return svg


def _picture(svg: str, caption: str, text: str) -> ReportPicture:
    title = _DESCRIPTION.search(svg) or _TITLE.search(svg)
    encoded = base64.b64encode(svg.encode()).decode()
    alternative = (
        unescape(title.group(1).strip()) if title else phrase(words.PICTURE_OF, about=caption or phrase(words.OUTPUT))
    )
    return ReportPicture(caption, alternative, f"data:image/svg+xml;base64,{encoded}", text)
