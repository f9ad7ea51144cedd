"""The pictures in an executed notebook, in a form that a page can hold without running anything of theirs."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from lab_helpers.redact import Redactor

__all__ = ["Picture", "pictures_of"]

# Where to look, in this order, as an output often comes in both forms. A
# drawing may hold others, a page several.
_FORMS = {
    "image/svg+xml": re.compile(r"<svg\b.*</svg>", re.DOTALL),
    "text/html": re.compile(r"<svg\b.*?</svg>", re.DOTALL),
}
_EMBEDDED = re.compile(r'src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)"')
# JupyterLab's sanitiser drops inline drawings from notebooks it does not trust, so a notebook may hold them encoded.
_ENCODED = re.compile(r"""src=["']data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)["']""")
_HEADING = re.compile(r"^#+\s+(.+?)\s*#*$", re.MULTILINE)
_TITLE = re.compile(r"<title[^>]*>([^<]+)</title>")


@dataclass(frozen=True)
class Picture:
    """One picture.

    Attributes:
        caption: The heading of the notebook it stands under.
        alternative: What it shows, in words.
        source: The picture as a data URI; shown as an image, no script in it runs and it fetches nothing.
    """

    caption: str
    alternative: str
    source: str


def pictures_of(notebook: Path, redactor: Redactor) -> list[Picture]:
    """The SVG pictures in a notebook's outputs, in their order; none where there is no notebook."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (FileNotFoundError, ValueError, KeyError):
        return []  # a run that died before its first save has no pictures; the report says why it died
    found: list[Picture] = []
    caption = ""
    for cell in cells:
        if cell["cell_type"] == "markdown":
            caption = (_HEADING.findall("".join(cell["source"])) or [caption])[-1]
        found += [_picture(redactor.text(svg), caption) for svg in _svgs(cell)]
    return found


def _svgs(cell: Mapping[str, Any]) -> Iterator[str]:
    for output in cell.get("outputs", []):
        shown = output.get("data", {})
        for form, pattern in _FORMS.items():
            content = "".join(shown.get(form, ""))
            drawings = [*pattern.findall(content), *map(_decoded, _EMBEDDED.findall(content))]
            svgs = [svg for svg in map(_standalone, drawings) if svg]
            if svgs:
                yield from svgs
                break


def _decoded(encoded: str) -> str:
    """The drawing that an image holds as its source, or nothing where it is cut short."""
    try:
        return base64.b64decode(encoded).decode()
    except ValueError:
        return ""


def _decode(encoded: str) -> str:
    """The drawing a data URI holds, from its first tag on."""
    try:
        document = base64.b64decode(encoded, validate=True).decode()
    except ValueError:  # UnicodeDecodeError is one too
        return ""
    return document[document.find("<svg") :]


def _standalone(svg: str) -> str:
    """The drawing as a document of its own, or nothing where it is not well-formed."""
    if "xmlns=" not in svg.partition(">")[0]:
        svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    if "xlink:" in svg and "xmlns:xlink=" not in svg:
        svg = svg.replace("<svg", '<svg xmlns:xlink="http://www.w3.org/1999/xlink"', 1)
    try:
        ParserCreate().Parse(svg, True)
    except ExpatError:
        return ""
    return svg


def _picture(svg: str, caption: str) -> Picture:
    title = _TITLE.search(svg)
    encoded = base64.b64encode(svg.encode()).decode()
    alternative = title.group(1).strip() if title else f"Picture: {caption or 'output of the notebook'}"
    return Picture(caption, alternative, f"data:image/svg+xml;base64,{encoded}")
