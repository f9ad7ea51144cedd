"""Saved outputs are plain text and pictures."""

from __future__ import annotations

import time
from typing import Any

import pytest

from lab_helpers.redact import Redactor
from lab_helpers.run.engine.outputs import StreamOutput, clean
from lab_helpers.run.engine.terminal_text import TerminalText, strip_escapes


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
    ("raw", "plain"),
    [
        ("1 %\r50 %\r100 %\n", "100 %\n"),
        ("a\r\nb\n", "a\nb\n"),
        ("50 %\r", "50 %"),
        ("a long line\rshort\n", "shortg line\n"),
        ("a long line\r\x1b[Kshort\n", "short\n"),
        ("a long line\x1b[2K\rshort\n", "short\n"),
        ("\x1b[2K\x1b[1Gline", "line"),
        ("12\b\b\b3\n\b4", "32\n4"),
        ("\x1b[32m10\x1b[0m %\r\x1b[32m20\x1b[0m", "20 %"),
        ("가나다\r라", "라나다"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 1000], ids=lambda size: f"pieces of {size}")
def test_what_was_overwritten_is_as_a_terminal_shows_it_however_it_comes(raw: str, plain: str, size: int) -> None:
    paper = TerminalText()
    for start in range(0, len(raw), size):
        paper.print(raw[start : start + size])
    assert paper.text == plain
    output: dict[str, Any] = {"output_type": "stream", "name": "stdout", "text": raw}
    clean(output, Redactor())
    assert output["text"] == plain


@pytest.mark.parametrize(
    "piece", ["x", "x\n", "\rx", "x\b", "\x1b[", "\x1b]", "\x1b[0m", "x\r", "\x1b[K", "\x1b[0"], ids=repr
)
def test_twice_the_output_takes_twice_the_time(piece: str) -> None:
    def seconds(count: int) -> float:
        began = time.process_time()
        text = "y" * count + piece * count
        clean({"text": text, "traceback": [text], "evalue": text}, Redactor(["secret-value", "another-secret"]))
        paper = TerminalText()
        for start in range(0, len(text), 4096):
            paper.print(text[start : start + 4096])
        assert len(paper.text) <= len(text)
        return time.process_time() - began

    assert seconds(200_000) < 20 * seconds(20_000) + 0.5  # a hundredfold where it is quadratic


def test_pictures_stay_as_they_are() -> None:
    data = {"image/svg+xml": "<svg/>", "text/plain": "\x1b[1mx"}
    clean({"output_type": "display_data", "data": data}, Redactor())
    assert data == {"image/svg+xml": "<svg/>", "text/plain": "x"}


def test_pieces_of_one_stream_are_joined() -> None:
    outputs: list[Any] = []
    stream_output = StreamOutput()
    for name, text in (("stdout", "a"), ("stdout", "b"), ("stderr", "c"), ("stdout", "d\rse"), ("stdout", "cret-1")):
        outputs.append({"output_type": "stream", "name": name, "text": "?"})
        stream_output.take(outputs, text, Redactor(["secret-1"]))
    stream_output.settle(Redactor(["secret-1"]))
    assert [output["text"] for output in outputs] == ["ab", "c", "[secret]"]
    outputs.clear()  # clear_output()
    outputs.append({"output_type": "stream", "name": "stdout", "text": "?"})
    stream_output.take(outputs, "new", Redactor())
    stream_output.settle(Redactor())
    assert [output["text"] for output in outputs] == ["new"]
