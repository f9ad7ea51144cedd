"""What holds for every notebook, without a cluster."""

from __future__ import annotations

import ast
import builtins

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


@pytest.mark.parametrize("notebook", outlines.notebooks())
def test_every_cell_runs_in_whatever_order_once_the_lab_is_open(notebook: str) -> None:
    """A kernel that was restarted in the middle has no names but those of the first two code cells."""
    (_parameters, first, *cells) = [cell.source for cell in draft.load(notebook).code]
    assert "open_lab" in first
    for source in (source for source in cells if not source.startswith("%%")):
        names = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
        own = {node.id for node in names if isinstance(node.ctx, ast.Store)} | {
            alias.asname or alias.name
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert {node.id for node in names} - own - set(dir(builtins)) <= {"lab"}, source
