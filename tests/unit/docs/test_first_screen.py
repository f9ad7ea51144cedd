"""What README.md shows and names is there: its picture, its links, its targets of make, the notebooks it counts."""

from __future__ import annotations

import re

from lab_helpers import checkout
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.learner.phases import phases

ROOT = checkout.source_directory()
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_its_picture_is_a_small_png() -> None:
    (link,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", TEXT)
    picture = (ROOT / link).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 150_000
    assert f"cp build/browser/room.png {link}\n" in MAKEFILE


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_its_targets_of_make_exist() -> None:
    named = set(re.findall(r"(?:`|\$ )make ([a-z-]+)", TEXT))
    assert {"open", "lab", "test"} <= named
    assert named <= set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def test_it_says_which_phases_of_the_architecture_are_written_and_how_long_they_take() -> None:
    written = {phase.notebook: outlines.load(phase.notebook) for phase in phases("lab") if phase.steps}
    listed = re.findall(r"\(notebooks/(\w+)\.ipynb\), (\d+) min", TEXT)
    assert listed == [(name, f"{outline.minutes:g}") for name, outline in written.items() if name < "08"]
    others = {phase.number for phase in phases("lab") if not phase.steps}
    rows = [line.split(" | ") for line in TEXT.splitlines() if "*not written yet*" in line]
    assert {number for row in rows for number in re.findall(r"\d\d", row[0])} == others
