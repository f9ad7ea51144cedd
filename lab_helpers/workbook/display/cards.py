"""The learner's cards: a step passed, not done yet, or skipped; an error; an interrupted cell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape
from textwrap import indent

from lab_helpers import language
from lab_helpers.errors import CheckFailed, LabError
from lab_helpers.language import columns, pad
from lab_helpers.language import gettext as _
from lab_helpers.workbook.display import styles

__all__ = ["Card", "Tone", "failed", "interrupted", "moved_on", "passed", "skipped", "stopped"]

Lines = Sequence[tuple[str, object]]

_CODE = re.compile(r"`([^`\n]+)`")
_SENTENCE = re.compile(r"[^\s./]\.$")
_NO_FORMULAS = "mathjax_ignore"
"""Tells JupyterLab that two dollar signs of a command are no formula."""


class Tone(Enum):
    """The tone of a card: a symbol, and the colour of its edge (Okabe and Ito's palette)."""

    PASSED = ("✓", "#009E73")
    FAILED = ("✗", "#D55E00")
    SKIPPED = ("–", "#767676")
    NEUTRAL = ("", "#0072B2")

    @property
    def symbol(self) -> str:
        """The symbol, which needs no colour vision."""
        return self.value[0]

    @property
    def colour(self) -> str:
        """The colour, readable on a light and on a dark page."""
        return self.value[1]


@dataclass(frozen=True)
class Card:
    """A card: a title, named lines, the next command, and collapsed details.

    Attributes:
        tone: Its symbol and colour.
        title: Its first line.
        lines: Name and value of each line. A value with an HTML form (a table, a picture) is shown in it. A value with
            an empty name is shown by itself, below the named ones.
        command: The next command; empty for none. A text that ends with a full stop is a sentence, in which backticks
            mark commands.
        details: A long text, collapsed; empty for none.
        details_title: The title of the details; by default "What the cluster says".
    """

    tone: Tone
    title: str
    lines: Lines = ()
    command: str = ""
    details: str = ""
    details_title: str = ""

    def _repr_html_(self) -> str:
        # A heading for screen readers, but no <h3>: JupyterLab would list each card in its table of contents.
        return (
            f'<section class="{_NO_FORMULAS}" aria-label="{escape(self._headline)}" '
            f'style="{styles.card(self.tone.colour)}">'
            f'<div role="heading" aria-level="3" style="{styles.HEADLINE}">{escape(self._headline)}</div>'
            f"{_table(self._named)}{''.join(map(_unnamed_html, self._unnamed))}{self._details_html()}</section>"
        )

    def __repr__(self) -> str:
        width = max((columns(name) for name, _value in self._named), default=0)
        lines = [self._headline, *(_text_line(pad(name, width), value) for name, value in self._named)]
        lines += [indent(str(value), "  ") for value in self._unnamed]
        if self.details:
            lines += [f"  {self._details_title}:", indent(self.details, "    ")]
        return "\n".join(lines)

    @property
    def _headline(self) -> str:
        return f"{self.tone.symbol} {self.title}".strip()

    @property
    def _details_title(self) -> str:
        return self.details_title or _("What the cluster says")

    @property
    def _named(self) -> list[tuple[str, object]]:
        command = [(_("next"), _Command(self.command))] if self.command else []
        return [(name, value) for name, value in self.lines if name] + command

    @property
    def _unnamed(self) -> list[object]:
        return [value for name, value in self.lines if not name]

    def _details_html(self) -> str:
        if not self.details:
            return ""
        return (
            f'<details><summary style="cursor:pointer">{escape(self._details_title)}</summary>'
            f'<pre style="{styles.BLOCK}">{escape(self.details)}</pre></details>'
        )


@dataclass(frozen=True)
class _Command:
    """A command to type, or a sentence."""

    text: str

    def _repr_html_(self) -> str:
        return _html(self.text) if _SENTENCE.search(self.text) else _code(escape(self.text))

    def __str__(self) -> str:
        return self.text


def passed(step: str, title: str, evidence: Mapping[str, object], more: Lines = ()) -> Card:
    """The card of a passed step, with its evidence and further lines."""
    return Card(Tone.PASSED, f"{step} {title}", [*_facts(evidence), *more])


def failed(title: str, failure: CheckFailed, diagnosis: str) -> Card:
    """The card of a step that is not done yet: expected, seen, hint, and the next command."""
    facts = [(_("expected"), failure.expected), (_("seen"), failure.seen)]
    hint = [(_("hint"), failure.hint)] if failure.hint else []
    lines = [*facts, *_facts(failure.evidence), *hint]
    headline = _("{step} not yet: {title}").format(step=failure.step, title=title)
    return Card(Tone.FAILED, headline, lines, failure.next_step, diagnosis)


def moved_on(title: str, failure: CheckFailed) -> Card:
    """The card of a passed step whose check fails now, because later steps changed the cluster."""
    facts = [(_("expected then"), failure.expected), (_("seen now"), failure.seen), *_facts(failure.evidence)]
    text = _("Things have moved on since this step, as they should. It stays passed; there is nothing to go back for.")
    headline = _("{step} stays passed: {title}").format(step=failure.step, title=title)
    return Card(Tone.NEUTRAL, headline, [*facts, ("", text)])


def skipped(step: str, title: str, reason: str) -> Card:
    """The card of a step, or of another cell, that is skipped on this cluster."""
    return Card(
        Tone.SKIPPED, _("{step} skipped: {title}").format(step=step, title=title).lstrip(), [(_("reason"), reason)]
    )


def stopped(error: LabError, hint: str = "") -> Card:
    """The card of an error that a person can fix, with a hint if its meaning is known."""
    title = f"{error.object}: {error.reason}" if error.object else error.reason
    lines = [(_("last event"), error.last_event), (_("hint"), hint)]
    return Card(Tone.FAILED, title, [(name, text) for name, text in lines if text], error.next_step)


def interrupted() -> Card:
    """The card of a cell that the learner interrupted."""
    title = _("stopped, and with it all that the cell had started")
    return Card(Tone.NEUTRAL, title, [(_("next"), _("Go on with this cell or another; what was done before stays."))])


def _facts(evidence: Mapping[str, object]) -> Lines:
    """The evidence with translated names."""
    return [(language.gettext(name), fact) for name, fact in evidence.items()]


def _text_line(name: str, value: object) -> str:
    text = str(value)
    if "\n" not in text:
        return f"  {name}  {text}"
    return f"  {name.rstrip()}\n{indent(text, '    ')}"


def _table(lines: Lines) -> str:
    if not lines:
        return ""
    return f'<table style="{styles.TABLE}"><tbody>{"".join(map(_row, lines))}</tbody></table>'


def _row(line: tuple[str, object]) -> str:
    name, value = line
    return (
        f'<tr style="{styles.ROW}">'
        f'<th scope="row" style="{styles.CELL};font-weight:600;white-space:nowrap">{escape(name)}</th>'
        f'<td style="{styles.CELL};white-space:pre-wrap">{_html(value)}</td></tr>'
    )


def _unnamed_html(value: object) -> str:
    return f'<div style="margin:.3em 0;white-space:pre-wrap">{_html(value)}</div>'


def _html(value: object) -> str:
    page_form = getattr(value, "_repr_html_", None)
    if page_form is not None:
        return str(page_form())
    return _CODE.sub(lambda match: _code(match[1]), escape(str(value)))


def _code(escaped: str) -> str:
    return f'<code style="{styles.CODE}">{escaped}</code>'
