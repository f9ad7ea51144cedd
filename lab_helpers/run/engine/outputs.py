"""Clean the outputs of a saved notebook of terminal codes, widgets and secrets."""

from __future__ import annotations

from typing import Any

from lab_helpers.redact import Redactor
from lab_helpers.run.engine.terminal_text import TerminalText, render, strip_escapes

__all__ = ["StreamOutput", "clean"]

_WIDGET = "application/vnd.jupyter.widget-view+json"


def clean(output: dict[str, Any], redactor: Redactor) -> None:
    """Clean one output of a cell, or the content of the kernel's message with it, in place."""
    if isinstance(output.get("text"), str):
        output["text"] = render(output["text"])
    if "traceback" in output:
        output["traceback"] = [strip_escapes(line) for line in output["traceback"]]
        output["evalue"] = strip_escapes(output["evalue"])
    if "data" in output:
        output["data"].pop(_WIDGET, None)  # its model lives in the kernel: a saved view is a dead placeholder
        if isinstance(output["data"].get("text/plain"), str):
            output["data"]["text/plain"] = strip_escapes(output["data"]["text/plain"])
    for part in ("text", "traceback", "evalue", "data"):
        if part in output:
            output[part] = redactor.tree(output[part])


class StreamOutput:
    """Merges consecutive chunks of a stream into one output."""

    def __init__(self) -> None:
        self._output: Any = None
        self._rendered = TerminalText()
        self._is_settled = True

    def take(self, outputs: list[Any], piece: str, redactor: Redactor) -> None:
        """Merge a chunk, whose own output is the last one, into the output before it if that is the same stream's."""
        if len(outputs) > 1 and outputs[-2] is self._output and self._output["name"] == outputs[-1]["name"]:
            del outputs[-1]
        else:
            self.settle(redactor)
            self._output, self._rendered = outputs[-1], TerminalText()
        self._rendered.print(piece)
        self._is_settled = False

    def settle(self, redactor: Redactor) -> None:
        """Write the text so far into its output; doing so for each chunk would take quadratic time."""
        if not self._is_settled:
            self._output["text"] = redactor.text(self._rendered.text)
            self._is_settled = True
