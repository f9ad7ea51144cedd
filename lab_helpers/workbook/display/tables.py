"""A small table with an HTML form for notebooks and a text form for terminals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from lab_helpers.language import columns, pad
from lab_helpers.workbook.display import styles

__all__ = ["Table"]

_CELL = f"{styles.CELL};border-bottom:1px solid var(--jp-border-color2,rgba(128,128,128,.35))"
_HEAD = f"{_CELL};font-weight:600"


@dataclass(frozen=True)
class Table:
    """Rows of text below named columns.

    Attributes:
        columns: The names of the columns.
        rows: The rows; each as long as ``columns``.
        caption: What the table shows; may be empty.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    caption: str = ""

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" style="{_HEAD}">{escape(name)}</th>' for name in self.columns)
        body = "".join(f'<tr style="{styles.ROW}">{_cells(row)}</tr>' for row in self.rows)
        caption = (
            f'<caption style="text-align:left;font-weight:600;padding:.3em 0">{escape(self.caption)}</caption>'
            if self.caption
            else ""
        )
        return f'<table style="{styles.TABLE}">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'

    def __repr__(self) -> str:
        lines = [list(self.columns), *([str(value) for value in row] for row in self.rows)]
        widths = [max(columns(line[index]) for line in lines) for index in range(len(self.columns))]
        text = ["  ".join(map(pad, line, widths)).rstrip() for line in lines]
        return "\n".join([self.caption, *text] if self.caption else text)


def _cells(row: Sequence[object]) -> str:
    return "".join(f'<td style="{_CELL}">{escape(str(value))}</td>' for value in row)
