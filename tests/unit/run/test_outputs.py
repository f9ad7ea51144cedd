"""Saved outputs are plain text and pictures."""

from __future__ import annotations

from typing import Any

import pytest

from lab_helpers.redact import Redactor
from lab_helpers.run.outputs import clean, join_streams, strip_escapes


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("\x1b[1;38;5;196mred\x1b[0m", "red"),
        ("\x1b[2K\x1b[1Gline", "line"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x07", "link"),
        ("\x1b(B\x1b=text\x1b", "text"),
        ("no escapes [31m here", "no escapes [31m here"),
    ],
)
def test_escapes_are_removed(raw: str, plain: str) -> None:
    assert strip_escapes(raw) == plain


@pytest.mark.parametrize(
    ("raw", "plain"), [("1 %\r50 %\r100 %\n", "100 %\n"), ("a\r\nb\n", "a\r\nb\n"), ("50 %\r", "50 %\r")]
)
def test_overwritten_lines_show_their_last_state(raw: str, plain: str) -> None:
    output: dict[str, Any] = {"output_type": "stream", "name": "stdout", "text": raw}
    clean(output, Redactor())
    assert output["text"] == plain


def test_pictures_stay_as_they_are() -> None:
    data = {"image/svg+xml": "<svg/>", "text/plain": "\x1b[1mx"}
    clean({"output_type": "display_data", "data": data}, Redactor())
    assert data == {"image/svg+xml": "<svg/>", "text/plain": "x"}


def test_pieces_of_one_stream_are_joined() -> None:
    def piece(name: str, text: str) -> dict[str, str]:
        return {"output_type": "stream", "name": name, "text": text}

    outputs: list[Any] = []
    for new in (piece("stdout", "a"), piece("stdout", "b"), piece("stderr", "c"), piece("stdout", "d")):
        outputs.append(new)
        join_streams(outputs)
    assert [output["text"] for output in outputs] == ["ab", "c", "d"]
