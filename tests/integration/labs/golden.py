"""The cards that wrong answers get, as they should read; what differs from one run to the next stands in capitals."""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["expect_card", "masked"]

_CARDS = Path(__file__).parent / "cards"

# `LAB_GOLDEN=write pytest tests/integration/labs` writes what it sees; then read what changed, with `git diff`.
_WRITES = os.environ.get("LAB_GOLDEN") == "write"

_VOLATILE = (
    (r"\bprj-02-[0-9a-f]{8,10}-[a-z0-9]{5}\b", "prj-02-POD"),
    (r"\bsha256:[0-9a-f]{64}\b", "sha256:DIGEST"),
    (r"\bt-labs-\d+-(\d+)\b", r"NODE-\1"),
    (r"\bnonce-[0-9a-f]{32}\b", "NONCE"),
    (r"\b\d+ of \d+ requests\b", "SOME of ALL requests"),
    (r"\bfirst: .*", "first: ERROR"),
    (r"\b(ErrImagePull|ImagePullBackOff) in container web: .*", "PULL-FAILED"),
    (r"(?m)^( +prj-02-POD  v[0-9.]+) .*", r"\1 STATE"),
    (r"(?m)^( +pod) +(release) +(state)$", r"\1  \2  \3"),
    (r"\b\d+ lines\b", "SOME lines"),
    (r"\b\d+\.\d+ s\b", "SECONDS s"),
    (r"\b\d+ times\b", "SOME times"),
    (r"\b\d\d:\d\d:\d\d\b", "TIME"),
)


def masked(card: str) -> str:
    """A card without what differs from one run to the next."""
    for pattern, name in _VOLATILE:
        card = re.sub(pattern, name, card)
    return "\n".join(line.rstrip() for line in card.splitlines()) + "\n"


def expect_card(notebook: str, wrong: str, card: str) -> None:
    """Make sure that a wrong answer's card reads as it should.

    Args:
        notebook: The stem of the notebook.
        wrong: The name of the wrong answer.
        card: The text of its card.
    """
    file = _CARDS / notebook / f"{wrong}.txt"
    if _WRITES:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(masked(card), encoding="utf-8")
    assert masked(card) == file.read_text(encoding="utf-8")
