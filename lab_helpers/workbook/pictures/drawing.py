"""Draw an SVG: a few shapes in the workbook's style, text in the reader's fonts, for light and dark screens.

All lengths are in the drawing's units, which are CSS pixels at full size. The colours are Okabe and Ito's, which people
with every kind of colour vision can distinguish; vermillion means failure only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from unicodedata import east_asian_width
from zlib import crc32

__all__ = ["VERSION_LOOKS", "Drawing", "shortened", "text_width", "version_looks"]

VERSION_LOOKS = 5
"""The number of looks for releases: ``v0``, ``v1``, …"""

# The drawing has a background of its own: an image follows the reader's system, which the page around it may not.
# Dark screens get brighter shades of the same hues, for equal contrast.
_LIGHT = (
    "--ground:#fff;--edge:#d5dae0;--ink:#1f262d;--quiet:#57606a;--faint:#aeb6bf;--fail:#b84a00;--good:#00724f;"
    "--v0:#0072b2;--v1:#009e73;--v2:#b8589b;--v3:#3c9bd0;--v4:#c98800"
)
_DARK = (
    "--ground:#191d22;--edge:#3b434c;--ink:#e9ecef;--quiet:#a8b1bb;--faint:#616b76;--fail:#ff8f4a;--good:#3fcfa2;"
    "--v0:#4ba8e8;--v1:#2cc496;--v2:#e59cca;--v3:#8fd0f5;--v4:#f2b632"
)
_WIDTHS = {"ijl.,:;'|! ": 0.32, "frt-()[]/": 0.42, "mwMW@%": 0.95}
_LOOKS = {
    "text": "fill:var(--ink);font:13px system-ui,'Segoe UI','Noto Sans','Noto Sans KR',NanumGothic,sans-serif;"
    # A line behind a text ends before it.
    "paint-order:stroke;stroke:var(--ground);stroke-width:3px;stroke-linejoin:round",
    ".title": "font-size:17px;font-weight:650",
    ".name": "font-weight:650",
    ".quiet": "fill:var(--quiet)",
    ".small": "font-size:12px",
    ".mono": "font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px",
    "text.fail": "fill:var(--fail)",
    "text.good": "fill:var(--good)",
    ".ground": "fill:var(--ground);stroke:var(--edge)",
    ".box": "fill:none;stroke:var(--faint)",
    ".rule": "stroke:var(--edge);fill:none",
    ".moment": "stroke:var(--quiet);stroke-dasharray:3 3;fill:none",
    ".link": "stroke:var(--faint);stroke-width:1.5;fill:none",
    ".sends": "stroke:var(--v0);stroke-width:1.5;fill:none",
    ".broken": "stroke:var(--fail);stroke-width:1.5;stroke-dasharray:4 4;fill:none",
    ".sends.tip": "fill:var(--v0)",
    ".broken.tip": "fill:var(--fail);stroke-dasharray:none",
    ".cross": "stroke:var(--fail);stroke-width:2;fill:none",
    ".alarm": "fill:var(--fail);opacity:.13",
    ".gap": "fill:var(--quiet);opacity:.16",
    ".kept": "stroke:var(--good);fill:var(--good);stroke-width:3",
    ".lost": "stroke:var(--fail);fill:var(--ground);stroke-width:3",
    "circle.untried": "stroke-dasharray:none",
    ".bare": "fill:var(--ground)",
    ".untried": "stroke:var(--faint);fill:var(--ground);stroke-width:2;stroke-dasharray:2 5",
    ".key": "fill:var(--quiet);stroke:var(--quiet)",
    ".hollow": "fill:none;stroke-dasharray:3 2",
    ".fading": "fill-opacity:.28",
    ".curve": "fill:none;stroke-width:2;stroke-linejoin:round",
}


class Drawing:
    """A drawing; ``svg`` renders it as one element, with the same bytes for the same strokes.

    A ``look`` is one or more classes of the stylesheet above, as in ``"quiet small"``.

    Args:
        width: Its width.
    """

    def __init__(self, width: float) -> None:
        self.width = width
        self._parts: list[str] = []
        self._texts: list[str] = []  # rendered above everything else

    def rect(self, x: float, y: float, width: float, height: float, look: str, radius: float = 0) -> None:
        """A rectangle from its upper left corner."""
        round_ = f' rx="{_number(radius)}"' if radius else ""
        at = f'x="{_number(x)}" y="{_number(y)}" width="{_number(width)}" height="{_number(height)}"'
        self._parts.append(f'<rect class="{look}" {at}{round_}/>')

    def circle(self, x: float, y: float, radius: float, look: str) -> None:
        """A circle around its centre."""
        self._parts.append(f'<circle class="{look}" cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}"/>')

    def path(self, strokes: str, look: str) -> None:
        """Strokes in the language of SVG's paths."""
        self._parts.append(f'<path class="{look}" d="{strokes}"/>')

    def line(self, x: float, y: float, to_x: float, to_y: float, look: str) -> None:
        """A straight line."""
        self.path(f"M{_number(x)} {_number(y)}L{_number(to_x)} {_number(to_y)}", look)

    def cross(self, x: float, y: float) -> None:
        """The sign of a failure; ``x`` and ``y`` are its centre."""
        self.path(f"M{_number(x - 4)} {_number(y - 4)}l8 8m0 -8l-8 8", "cross")

    def text(self, x: float, y: float, words: str, look: str = "", anchor: str = "start") -> None:
        """A line of text on its base line; ``anchor`` is ``start``, ``middle`` or ``end``."""
        end = f' text-anchor="{anchor}"' if anchor != "start" else ""
        name = f' class="{look}"' if look else ""
        self._texts.append(f'<text{name} x="{_number(x)}" y="{_number(y)}"{end}>{escape(words)}</text>')

    def svg(self, height: float, title: str, description: str) -> str:
        """The drawing as one ``<svg>`` element, with a title and a description for screen readers.

        Args:
            height: Its height.
            title: What it shows, in a few words.
            description: The same at length.
        """
        size = f"{_number(self.width)} {_number(height)}"
        frame = f'width="{_number(self.width)}" height="{_number(height)}" viewBox="0 0 {size}"'
        ground = f'<rect class="ground" x=".5" y=".5" width="{_number(self.width - 1)}" height="{_number(height - 1)}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {frame}>\n'
            f"<title>{escape(title)}</title>\n<desc>{escape(description)}</desc>\n<style>{_STYLE}</style>\n"
            f'{ground} rx="8"/>\n{"".join(f"{part}{chr(10)}" for part in [*self._parts, *self._texts])}</svg>'
        )


def text_width(words: str, size: float = 13) -> float:
    """The approximate width of a text in any reader's font; an upper estimate."""
    return sum(map(_letter_width, words)) * size


def version_looks(versions: Iterable[str]) -> dict[str, str]:
    """The look of each release: the same in every picture, and distinct within one, as long as there are enough.

    Args:
        versions: The releases of one picture, as ``v1.0.0``.
    """
    looks: dict[str, str] = {}
    for version in dict.fromkeys(versions):
        number = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version)
        offset = sum(map(int, number.groups())) - 1 if number else crc32(version.encode())
        turn = [f"v{(offset + step) % VERSION_LOOKS}" for step in range(VERSION_LOOKS)]
        looks[version] = next((look for look in turn if look not in looks.values()), turn[0])
    return looks


def shortened(words: str, width: float, size: float = 13) -> str:
    """Shorten a text to a width by omitting its middle, as names differ at their ends."""
    if text_width(words, size) <= width:
        return words
    end = next(end for end in range(len(words) // 2, 0, -1) if _fits(words, end, width, size) or end == 1)
    return f"{words[:end]}…{words[-end:]}"


def _fits(words: str, end: int, width: float, size: float) -> bool:
    return text_width(f"{words[:end]}…{words[-end:]}", size) <= width


def _letter_width(letter: str) -> float:
    """The width of a letter in ems, as in the wider of the common fonts."""
    if letter == "…" or east_asian_width(letter) in "WF":
        return 1.0
    return next((width for letters, width in _WIDTHS.items() if letter in letters), 0.64)


def _number(value: float) -> str:
    return f"{round(value, 1):g}"


def _stylesheet() -> str:
    looks = [f"{name}{{{look}}}" for name, look in _LOOKS.items()]
    versions = [f".v{n}{{fill:var(--v{n});stroke:var(--v{n})}}" for n in range(VERSION_LOOKS)]
    # The looks of releases come first, so that modifiers (hollow, fading) override them.
    return f":root{{{_LIGHT}}}@media screen and (prefers-color-scheme:dark){{:root{{{_DARK}}}}}" + "".join(
        [*versions, *looks]
    )


_STYLE = _stylesheet()
