"""What a cell leaves in the saved notebook: text and pictures, no terminal codes, widgets or secrets."""

from __future__ import annotations

import re
from typing import Any

from lab_helpers.redact import Redactor

__all__ = ["clean", "join_streams", "strip_escapes"]

# ECMA-48: control sequences (CSI), operating system commands (OSC) up to BEL or ST, two-character escapes.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])|\x1b")
_OVERWRITTEN = re.compile(r"[^\n]*\r(?=[^\r\n])")
_WIDGET = "application/vnd.jupyter.widget-view+json"


def strip_escapes(text: str) -> str:
    """The text as a terminal would have left it on paper: no escape sequences."""
    return _ESCAPES.sub("", text) if "\x1b" in text else text


def clean(shown: dict[str, Any], redactor: Redactor) -> None:
    """Clean one output of a cell, or the message of the kernel that carries it, in place."""
    if isinstance(shown.get("text"), str):
        shown["text"] = _OVERWRITTEN.sub("", strip_escapes(shown["text"]))
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


def join_streams(outputs: list[Any]) -> None:
    """Join the last output to the one before, in place, where both are pieces of the same stream."""
    if len(outputs) < 2:
        return
    before, last = outputs[-2:]
    if before["output_type"] == last["output_type"] == "stream" and before["name"] == last["name"]:
        before["text"] += last["text"]
        del outputs[-1]
