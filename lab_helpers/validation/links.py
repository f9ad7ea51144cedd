"""Rules about links and citations: what they lead to is there, as far as that can be seen without a network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

from lab_helpers import checkout
from lab_helpers.errors import LabError
from lab_helpers.language import gettext as _
from lab_helpers.language import gettext_noop
from lab_helpers.validation.draft import Draft, Rule

__all__ = ["RULES"]

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_HEADING = re.compile(r"^#{1,6} +(.*?) *#*$", re.MULTILINE)
_SECTION = re.compile(r"^## (\d+\.\d+) ", re.MULTILINE)
_NAMED = re.compile(r"""<a +(?:id|name)=["']([^"']+)["']""")


def _lead_somewhere(draft: Draft) -> Iterator[LabError]:
    for cell in draft.prose:
        for link in _links(cell.source):
            reason = _reason(draft.file, link)
            if reason:
                yield draft.fault(cell.id, f"{link}: {reason}")


def _links(markdown: str) -> Iterator[str]:
    for block in _MARKDOWN.parse(markdown):
        for token in block.children or ():
            target = token.attrs.get("href") or token.attrs.get("src")
            if target:
                yield str(target)


def _reason(file: Path, link: str) -> str:
    """Why a link leads nowhere; empty where it does not look so."""
    try:
        parts = urlsplit(link)
    except ValueError as error:
        return _("is no address: {error}").format(error=error)
    if parts.scheme:
        is_address = parts.scheme in ("http", "https") and "." in (parts.hostname or "")
        return "" if is_address else _("is no address on the web")
    target = file.parent / unquote(parts.path) if parts.path else file
    if not target.exists():
        return _("no such file")
    if parts.fragment and unquote(parts.fragment) not in _anchors(target):
        return _("no such heading in {file}").format(file=target.name)
    return ""


def _anchors(file: Path) -> set[str]:
    """What a link may name in a file: as JupyterLab has it in notebooks, as GitHub has it elsewhere."""
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    if file.suffix == ".ipynb":
        cells = [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown"]
        prose = "\n\n".join("".join(cell["source"]) for cell in cells)
        return {heading.replace(" ", "-") for heading in _HEADING.findall(prose)}
    slugs = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(text))
    return {*slugs, *_NAMED.findall(text)}


def _cited(draft: Draft) -> Iterator[LabError]:
    """The sections that a lab is about are in the architecture, in each of its languages; labs elsewhere have none."""
    outline = draft.outline
    cited = {*outline.sections, *(section for step in outline.steps for section in step.sections)}
    for file in sorted((checkout.source_directory() / "docs" / "arch").glob("README*.md")):
        for section in sorted(cited - set(_SECTION.findall(file.read_text(encoding="utf-8")))):
            reason = _("no such heading in {file}").format(file=file.name)
            yield draft.fault(f"lab.toml: sections: {section}", reason, f"grep '^## ' {file}")


RULES = (
    Rule(gettext_noop("its links lead somewhere"), _lead_somewhere),
    Rule(gettext_noop("the sections it is about are in the architecture"), _cited),
)
