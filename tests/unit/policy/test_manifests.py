"""Rules on manifests: each planted violation is found, where it is written and once, and innocents are let be."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab_helpers.policy.kind import Kind
from lab_helpers.policy.manifests.judging import KINDS
from lab_helpers.policy.registry import all_rules
from lab_helpers.policy.repository import Part, Repository
from tests.unit.policy import repositories

RULES = [rule for rule in all_rules().values() if rule.kinds == frozenset(KINDS)]


def part(root: Path) -> Part:
    [whole] = Repository(root, Kind.DEPLOY).parts
    return whole


@pytest.mark.parametrize("name", repositories.NAMES)
def test_what_is_wrong_is_found_once_and_nothing_else(name: str, tmp_path: Path) -> None:
    deploy = part(repositories.unpack(name, tmp_path))
    findings = sorted((entry.rule, entry.file, entry.line) for rule in RULES for entry in rule.findings(deploy))
    assert findings == repositories.expected(name)


def test_every_rule_has_something_planted() -> None:
    planted = {rule for name in repositories.NAMES for rule, _file, _line in repositories.expected(name)}
    assert planted == {rule.id for rule in RULES}
