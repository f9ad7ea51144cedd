"""What holds for every notebook, without a cluster."""

from __future__ import annotations

import pytest

from lab_helpers import checkout
from lab_helpers.validation import draft, proofs
from lab_helpers.validation.draft import Rule
from lab_helpers.workbook.course import outlines


def test_behind_every_notebook_stands_a_lab() -> None:
    assert [file.stem for file in sorted(checkout.notebooks_directory().glob("*.ipynb"))] == outlines.notebooks() != []


@pytest.mark.parametrize("rule", proofs.RULES, ids=lambda rule: rule.statement)
@pytest.mark.parametrize("notebook", outlines.notebooks())
def test_what_must_hold_of_a_notebook_does(notebook: str, rule: Rule) -> None:
    assert list(map(str, proofs.faults(rule, draft.load(notebook)))) == []
