"""What holds for every notebook, without a cluster."""

from __future__ import annotations

import ast
import builtins
import re

import pytest

from lab_helpers import checkout
from lab_helpers.cluster.base import Capability
from lab_helpers.validation import draft, proofs
from lab_helpers.validation.draft import Draft, Rule
from lab_helpers.workbook.course import needs, outlines
from lab_helpers.workbook.course.outlines import Step

# What reaches a cluster, or fails where nothing of the steps before was done.
_COMMANDS = re.compile(r"^\s*(?:kubectl|lab|\$move|infra/_shared/scripts/\S+)\s.*", re.MULTILINE)


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


@pytest.mark.parametrize("notebook", ["06_expand", "07_operate"])
def test_what_a_step_types_is_skipped_where_its_check_is(notebook: str) -> None:
    own = draft.load(notebook)
    steps = [step for step in own.outline.steps if step.needs & {Capability.NAMESPACES, Capability.NODES}]
    assert steps
    commands = {
        f"{step.id}: {command}"
        for step in steps
        for source in _bash_cells(own, step)
        for command in _COMMANDS.findall(needs.without(source, frozenset(Capability) - step.needs, lambda *_: None))
    }
    assert commands == set()


def _bash_cells(own: Draft, step: Step) -> list[str]:
    """The shell cells from a step's heading on to the next heading."""
    sources: list[str] = []
    is_inside = False
    for cell in own.cells:
        if cell.source.startswith("## "):
            is_inside = cell.source.startswith(f"## {step.id} ")
        elif is_inside and cell.source.startswith("%%bash\n"):
            sources.append(cell.source.removeprefix("%%bash\n"))
    return sources
