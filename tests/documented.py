"""The snippets of the documentation that tests run: a fenced block behind a comment ``test: NAME``."""

from __future__ import annotations

import re
from pathlib import Path

from lab_helpers import checkout

__all__ = ["CI", "snippet"]

CI = checkout.source_directory() / "docs" / "ci.md"


def snippet(document: Path, name: str) -> str:
    """The block of that name, without its fences."""
    blocks = re.findall(rf"<!-- test: {name} -->\n```\w+\n(.*?)\n```\n", document.read_text(), re.DOTALL)
    assert len(blocks) == 1, f"{document.name} has {len(blocks)} snippets {name}"
    return str(blocks[0]) + "\n"
