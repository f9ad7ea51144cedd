"""Render terminal output, given in chunks, as plain text: lines overwritten in place, no terminal codes."""

from __future__ import annotations

import re

__all__ = ["TerminalText", "render", "strip_escapes"]

# ECMA-48: control sequences (CSI), operating system commands (OSC) up to BEL or ST, two-character escapes.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])|\x1b")
_ESCAPE_CUT_OFF = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]{0,4096}\x1b?|[ -/]*)?\Z")
_ERASE = re.compile(r"\x1b\[([02]?)K")
_COLUMN = re.compile(r"\x1b\[([0-9]{0,4})G")
_MOVING = re.compile(r"[\r\b\x1b]")
_PARTS = re.compile(rf"{_ESCAPES.pattern}|[\r\n\b]|[^\x1b\r\n\b]+")


def strip_escapes(text: str) -> str:
    """The text without escape sequences."""
    return _ESCAPES.sub("", text) if "\x1b" in text else text


def render(text: str) -> str:
    """Render a whole text as a terminal would."""
    if not _MOVING.search(text):
        return text
    rendered = TerminalText()
    rendered.print(text)
    return rendered.text


class TerminalText:
    """Renders text in chunks, in linear time.

    Supports what progress bars use: carriage return, backspace, erasing a line and moving to a column, with later text
    overwriting earlier text. All other terminal codes are dropped.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []  # complete lines
        self._line: list[str] = []  # chunks while text is only appended; single characters once the cursor moves
        self._column: int | None = None  # the column of the next character; None while text is only appended
        self._cut_off = ""  # an incomplete escape sequence, continued by the next chunk

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join([*self._lines, *self._line])

    def print(self, piece: str) -> None:
        """Append the next chunk."""
        piece = self._cut_off + piece
        cut = _ESCAPE_CUT_OFF.search(piece) if "\x1b" in piece else None
        self._cut_off = cut.group() if cut else ""
        if self._column is None and not _MOVING.search(piece):
            self._follow(piece)
            return
        for part in _PARTS.finditer(piece, 0, len(piece) - len(self._cut_off)):
            self._process(part.group())

    def _follow(self, piece: str) -> None:
        ended, newline, rest = piece.rpartition("\n")
        if newline:
            self._end_line(ended)
        self._line.append(rest)

    def _end_line(self, rest: str = "") -> None:
        self._lines += [*self._line, rest, "\n"]
        self._line, self._column = [], None

    def _process(self, part: str) -> None:
        if part == "\n":
            self._end_line()
        elif part == "\r":
            self._move_to(0)
        elif part == "\b":
            self._move_to(max(0, self._cursor_column() - 1))
        elif column := _COLUMN.fullmatch(part):
            self._move_to(max(0, min(int(column[1] or 1) - 1, self._cursor_column(), len(self._line))))
        elif erase := _ERASE.fullmatch(part):
            del self._line[0 if erase[1] == "2" else self._cursor_column() :]
        elif not part.startswith("\x1b"):
            self._write(part)

    def _cursor_column(self) -> int:
        """The cursor's column; from now on the line is stored as single characters."""
        if self._column is None:
            self._line = list("".join(self._line))
            self._column = len(self._line)
        return self._column

    def _move_to(self, column: int) -> None:
        self._cursor_column()
        self._column = column

    def _write(self, part: str) -> None:
        if self._column is None:
            self._line.append(part)
            return
        self._line += " " * (self._column - len(self._line))  # everything to its left was erased
        self._line[self._column : self._column + len(part)] = part
        self._column += len(part)
