"""The CSS of cards, tables and the map: JupyterLab's own colours if available, else the page's.

Backgrounds are transparent and text has the page's colour, so that light pages, dark pages and paper are readable.
"""

from __future__ import annotations

__all__ = ["BLOCK", "CELL", "CODE", "HEADLINE", "PICTURE", "ROW", "TABLE", "THEME", "card"]

_FONT = "font-family:var(--jp-content-font-family,inherit)"
_TEXT = "color:var(--jp-content-font-color1,inherit)"
_LINE = "1px solid var(--jp-border-color2,rgba(128,128,128,.35))"
_MONO = "font-family:var(--jp-code-font-family,ui-monospace,Menlo,Consolas,monospace)"

HEADLINE = "font-weight:600;margin:0"
TABLE = "border-collapse:collapse;background:transparent;margin:.3em 0"
ROW = "background:transparent"  # JupyterLab shades every other one, which says nothing where each has a name
CELL = (
    "padding:.15em 1em .15em 0;text-align:left;vertical-align:top;border:none;background:transparent;"
    # Not `anywhere`: that lets a table's column shrink to one letter, and cuts words that would have had room.
    "overflow-wrap:break-word"
)
_FRAME = f"background:transparent;border:{_LINE};border-radius:3px"
_CODE = f"{_MONO};font-size:var(--jp-code-font-size,.9em);color:inherit;white-space:pre-wrap;{_FRAME}"
CODE = f"{_CODE};padding:0 .35em;overflow-wrap:break-word;box-decoration-break:clone"
BLOCK = f"{_CODE};padding:.5em .7em;margin:.4em 0;overflow-wrap:break-word"

PICTURE = "lab-picture"
"""The class of every picture, by which ``THEME`` finds it."""

# JupyterLab marks <body> with the brightness of its theme, and `color-scheme` passes it on to images. Without the rule,
# as from a notebook that is not trusted, pictures follow the reader's system.
THEME = (
    f'<style>body[data-jp-theme-light="true"] .{PICTURE}{{color-scheme:light}}'
    f'body[data-jp-theme-light="false"] .{PICTURE}{{color-scheme:dark}}</style>'
)


def card(edge: str) -> str:
    """The style of a card with an edge of a colour."""
    return (
        f"{_FONT};{_TEXT};background:transparent;border:{_LINE};border-left:5px solid {edge};border-radius:3px;"
        # Korean wraps between its words, not in them.
        "padding:.5em .9em;margin:.4em 0;break-inside:avoid;word-break:keep-all;overflow-x:auto"
    )
