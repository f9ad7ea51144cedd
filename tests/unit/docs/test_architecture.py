"""docs/arch has every section of the architecture, and says truly where each is practised and what holds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers import checkout
from lab_helpers.policy import all_rules
from lab_helpers.validation import links
from lab_helpers.workbook.course import outlines
from tests import architecture
from tests.architecture import DIRECTORY, PAGE, READ, TESTS

# Those of ARCH-DEPLOY-001, version 2.0.0.
SECTIONS = [
    *("1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "2.4", "3.1", "3.2", "3.3", "3.4", "4.1", "4.2", "4.3", "4.4"),
    *("5.1", "5.2", "5.3", "6.1", "6.2", "6.3", "7.1", "7.2", "7.3", "7.4", "A", "B", "C", "D", "E"),
]
STEPS = {section for practice in architecture.practices() for section in practice.step.sections}
PRACTISED = STEPS | {section for name in outlines.notebooks() for section in outlines.load(name).sections}


def test_every_section_is_there_once() -> None:
    assert [section.id for section in architecture.sections()] == SECTIONS


def test_the_page_is_what_labs_and_rules_make_of_it() -> None:
    assert PAGE.read_text(encoding="utf-8") == architecture.page(), "python -m tests.architecture"


def test_every_rule_and_every_step_is_on_the_page() -> None:
    cells = {cell.strip() for line in architecture.page().splitlines() for cell in line.split("|")}
    assert {f"`{rule}`" for rule in all_rules()} <= cells
    assert {practice.link for practice in architecture.practices()} <= cells


def test_rules_and_steps_are_about_sections_that_there_are() -> None:
    assert {rule.section for rule in all_rules().values()} | PRACTISED <= set(SECTIONS)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_is_practised_or_read(section: str) -> None:
    assert (section in PRACTISED) != (section in READ), "nothing is about it, or it is not only read"


def test_what_the_page_is_made_of_is_about_sections_notebooks_and_tests_as_they_are() -> None:
    assert {*READ, *TESTS} <= set(SECTIONS)
    missing = [test for tests in TESTS.values() for test in tests if not (checkout.source_directory() / test).is_file()]
    assert missing == []


@pytest.mark.parametrize("document", sorted(DIRECTORY.glob("*.md")), ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    targets = set(links._links(document.read_text(encoding="utf-8")))
    assert targets or document.name.startswith("README")  # which is copied into learners' rooms, alone
    assert {target: reason for target in targets if (reason := links._reason(document, target))} == {}
