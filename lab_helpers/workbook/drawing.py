"""Turn a matplotlib figure into an SVG that is the same from run to run and reads on a light and a dark page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FAILURE", "FAINT", "INK", "SUCCESS", "VERSIONS", "new_figure", "style", "to_svg"]

# Okabe and Ito's palette, which people with every kind of colour vision tell apart. Vermillion means failure only.
VERSIONS = ("#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
FAILURE = "#D55E00"
SUCCESS = "#009E73"
# Grey of about the same contrast to white and to black: a picture does not know the page it will stand on.
INK = "#767b84"
FAINT = "#a3a8b0"

_FONTS = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
_STYLE: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so the layout is the same on every machine
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.7,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.linewidth": 0.8,
    "svg.fonttype": "none",
    "svg.hashsalt": "kubernetes-lab",
}


@contextmanager
def style() -> Iterator[None]:
    """Everything is drawn and written within this: fonts, sizes and the grey that reads on any page."""
    from matplotlib import rc_context

    with rc_context(_STYLE):
        yield


def new_figure(width: float, height: float) -> Figure:
    """A figure without a ground, apart from pyplot's global state.

    Args:
        width: In inches.
        height: In inches.
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), facecolor="none")


def to_svg(figure: Figure, title: str, description: str) -> str:
    """The figure as one ``<svg>`` element with a title and a description for those who hear it read."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    drawn = StringIO()
    canvas: Any = FigureCanvasSVG(figure)
    canvas.print_svg(drawn, metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    svg = drawn.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*|<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("'DejaVu Sans'", _FONTS)
    told = f"<title>{escape(title)}</title>\n<desc>{escape(description)}</desc>"
    return re.sub(r"<svg([^>]*)>", rf'<svg role="img"\1>\n{told}', svg, count=1)
