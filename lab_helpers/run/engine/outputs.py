"""What a cell leaves in the saved notebook: text and pictures, no terminal codes, widgets or secrets."""

from __future__ import annotations

from typing import Any

from lab_helpers.redact import Redactor
from lab_helpers.run.engine.paper import Paper, on_paper, strip_escapes

__all__ = ["Printing", "clean"]

_WIDGET = "application/vnd.jupyter.widget-view+json"


def clean(shown: dict[str, Any], redactor: Redactor) -> None:
    """Clean one output of a cell, or the message of the kernel that carries it, in place."""
    if isinstance(shown.get("text"), str):
        shown["text"] = on_paper(shown["text"])
    if "traceback" in shown:
        shown["traceback"] = [strip_escapes(line) for line in shown["traceback"]]
        shown["evalue"] = strip_escapes(shown["evalue"])
    if "data" in shown:
        shown["data"].pop(_WIDGET, None)  # its model lives in the kernel: a saved view is a dead placeholder
        if isinstance(shown["data"].get("text/plain"), str):
            shown["data"]["text/plain"] = strip_escapes(shown["data"]["text/plain"])
    for part in ("text", "traceback", "evalue", "data"):
        if part in shown:
            shown[part] = redactor.tree(shown[part])


class Printing:
    """Makes one output of the pieces of a stream that follow each other."""

    def __init__(self) -> None:
        self._output: Any = None
        self._paper = Paper()
        self._is_settled = True

    def take(self, outputs: list[Any], piece: str, redactor: Redactor) -> None:
        """Take a piece, whose own output came last: it goes where the one before is of the same stream."""
        if len(outputs) > 1 and outputs[-2] is self._output and self._output["name"] == outputs[-1]["name"]:
            del outputs[-1]
        else:
            self.settle(redactor)
            self._output, self._paper = outputs[-1], Paper()
        self._paper.print(piece)
        self._is_settled = False

    def settle(self, redactor: Redactor) -> None:
        """Write what was printed so far into its output: not with each piece, for that takes ever longer."""
        if not self._is_settled:
            self._output["text"] = redactor.text(self._paper.text)
            self._is_settled = True
