"""The cards a learner meets: a step proven, not done yet, or skipped; a hint; the start of a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape

from lab_helpers.errors import CheckFailed

__all__ = ["Card", "Tone", "failed", "passed", "skipped"]


class Tone(Enum):
    """What a card says at first sight: a symbol, and the colour of its edge (Okabe and Ito's palette)."""

    PASSED = ("✓", "#009E73")
    FAILED = ("✗", "#D55E00")
    SKIPPED = ("–", "#999999")
    NEUTRAL = ("", "#0072B2")

    @property
    def symbol(self) -> str:
        """Tells it without colour."""
        return self.value[0]

    @property
    def colour(self) -> str:
        """Readable on a light and on a dark page."""
        return self.value[1]


@dataclass(frozen=True)
class Card:
    """A title, a few named lines, and what only some readers want to see.

    Attributes:
        tone: What it says at first sight.
        title: Its first line.
        lines: The rest, name and text each.
        details: A long text behind a click; empty for none.
        details_title: What to click on.
    """

    tone: Tone
    title: str
    lines: Sequence[tuple[str, str]]
    details: str = ""
    details_title: str = "What the cluster says"

    def _repr_html_(self) -> str:
        rows = "".join(map(_row, self.lines))
        return (
            f'<div style="border-left:4px solid {self.tone.colour};padding:.4em .9em;margin:.4em 0">'
            f"<div><strong>{escape(self._headline)}</strong></div>"
            f'<table style="border-collapse:collapse;background:transparent;margin:.2em 0">{rows}</table>'
            f"{self._folded()}</div>"
        )

    def __repr__(self) -> str:
        width = max((len(name) for name, _ in self.lines), default=0)
        lines = [self._headline, *(f"  {name.ljust(width)}  {text}" for name, text in self.lines)]
        if self.details:
            lines += [f"  {self.details_title}:", *(f"    {line}" for line in self.details.splitlines())]
        return "\n".join(lines)

    @property
    def _headline(self) -> str:
        return f"{self.tone.symbol} {self.title}".strip()

    def _folded(self) -> str:
        if not self.details:
            return ""
        return (
            f"<details><summary>{escape(self.details_title)}</summary>"
            f'<pre style="white-space:pre-wrap;background:transparent">{escape(self.details)}</pre></details>'
        )


def passed(step: str, title: str, evidence: Mapping[str, object]) -> Card:
    """A step is proven; shows what was seen."""
    return Card(Tone.PASSED, f"{step} {title}", [(name, str(fact)) for name, fact in evidence.items()])


def failed(title: str, failure: CheckFailed, diagnosis: str) -> Card:
    """A step is not done yet: what was expected and seen, a nudge, and the next thing to type."""
    lines = [("expected", failure.expected), ("seen", failure.seen), ("hint", failure.hint)]
    if failure.next_step:
        lines.append(("next", failure.next_step))
    return Card(Tone.FAILED, f"{failure.step} not yet: {title}", lines, diagnosis)


def skipped(step: str, title: str, reason: str) -> Card:
    """A step, or a cell of no step, cannot be done on this cluster."""
    return Card(Tone.SKIPPED, f"{step} skipped: {title}".lstrip(), [("reason", reason)])


def _row(line: tuple[str, str]) -> str:
    name, text = line
    style = "padding:.1em .9em .1em 0;text-align:left;vertical-align:top;border:none;background:transparent"
    return (
        f'<tr><th scope="row" style="{style};font-weight:400;opacity:.75">{escape(name)}</th>'
        f'<td style="{style};white-space:pre-wrap">{escape(text)}</td></tr>'
    )
