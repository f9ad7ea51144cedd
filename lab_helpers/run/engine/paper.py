"""What a terminal would have left on paper of text that comes in pieces: lines overwritten, no terminal codes."""

from __future__ import annotations

import re

__all__ = ["Paper", "on_paper", "strip_escapes"]

# ECMA-48: control sequences (CSI), operating system commands (OSC) up to BEL or ST, two-character escapes.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])|\x1b")
_ESCAPE_CUT_OFF = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]{0,4096}\x1b?|[ -/]*)?\Z")
_ERASE = re.compile(r"\x1b\[([02]?)K")
_COLUMN = re.compile(r"\x1b\[([0-9]{0,4})G")
_MOVING = re.compile(r"[\r\b\x1b]")
_PARTS = re.compile(rf"{_ESCAPES.pattern}|[\r\n\b]|[^\x1b\r\n\b]+")


def strip_escapes(text: str) -> str:
    """The text without escape sequences, and otherwise as it is."""
    return _ESCAPES.sub("", text) if "\x1b" in text else text


def on_paper(text: str) -> str:
    """What a terminal would have left of a whole text."""
    if not _MOVING.search(text):
        return text
    paper = Paper()
    paper.print(text)
    return paper.text


class Paper:
    """Takes text piece by piece, in a time that its length alone decides.

    Carriage return and backspace move back, and what is printed then takes the place of what stands there; a line may
    be erased, and a column chosen: what progress bars do. All other terminal codes leave nothing.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []  # finished: nothing comes back to them
        self._line: list[str] = []  # pieces while they only follow each other; single characters once something moves
        self._column: int | None = None  # where the next character goes; None while they only follow each other
        self._cut_off = ""  # an escape whose rest comes with the next piece

    @property
    def text(self) -> str:
        """What stands there now."""
        return "".join([*self._lines, *self._line])

    def print(self, piece: str) -> None:
        """Take the next piece."""
        piece = self._cut_off + piece
        cut = _ESCAPE_CUT_OFF.search(piece) if "\x1b" in piece else None
        self._cut_off = cut.group() if cut else ""
        if self._column is None and not _MOVING.search(piece):
            self._follow(piece)
            return
        for part in _PARTS.finditer(piece, 0, len(piece) - len(self._cut_off)):
            self._take(part.group())

    def _follow(self, piece: str) -> None:
        ended, newline, rest = piece.rpartition("\n")
        if newline:
            self._end_line(ended)
        self._line.append(rest)

    def _end_line(self, rest: str = "") -> None:
        self._lines += [*self._line, rest, "\n"]
        self._line, self._column = [], None

    def _take(self, part: str) -> None:
        if part == "\n":
            self._end_line()
        elif part == "\r":
            self._move_to(0)
        elif part == "\b":
            self._move_to(max(0, self._place() - 1))
        elif column := _COLUMN.fullmatch(part):
            self._move_to(max(0, min(int(column[1] or 1) - 1, self._place(), len(self._line))))
        elif erase := _ERASE.fullmatch(part):
            del self._line[0 if erase[1] == "2" else self._place() :]
        elif not part.startswith("\x1b"):
            self._write(part)

    def _place(self) -> int:
        """The column, from which on single characters are kept."""
        if self._column is None:
            self._line = list("".join(self._line))
            self._column = len(self._line)
        return self._column

    def _move_to(self, column: int) -> None:
        self._place()
        self._column = column

    def _write(self, part: str) -> None:
        if self._column is None:
            self._line.append(part)
            return
        self._line += " " * (self._column - len(self._line))  # to the left of it, all was erased
        self._line[self._column : self._column + len(part)] = part
        self._column += len(part)
