"""Verdicts of 05 on what migrations have left in a database, told from what psql says of it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.validation.golden import masked
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.display import cards
from labs.lab_05_first_deploy import database, migrated, migrating

_OUTLINE = outlines.load("05_first_deploy")
_COLUMNS = ("id", "quantity", "total", "ordered_at")


def _lab(columns: str = "", orders: str = "", migrations: str = "") -> CheckContext:
    """A cluster whose database says this."""

    def execute(_pod: str, argv: list[str], _namespace: str) -> SimpleNamespace:
        statement = argv[-1]
        if "to_regclass" in statement:
            stdout = "t" if migrations else "f"
        else:
            stdout = columns if "column_name" in statement else migrations if "version_id" in statement else orders
        return SimpleNamespace(stdout=stdout, stderr="", returncode=0)

    return cast("CheckContext", SimpleNamespace(client=SimpleNamespace(exec=execute)))


def _columns(*names: str, needed: str = "") -> str:
    return "".join(f"{name}|{'t' if name in (needed, 'quantity', 'total') else 'f'}\n" for name in names)


@pytest.mark.parametrize(
    ("wrong", "judge"),
    [
        (
            "column_renamed",
            lambda: migrated.expect_readable(_lab(_columns("id", "quantity", "amount", "ordered_at")), "v1.4.0"),
        ),
        (
            "old_release_cannot_write",
            lambda: migrated.expect_writable(_lab(_columns(*_COLUMNS, "currency", needed="currency")), "v1.4.0"),
        ),
        ("orders_thrown_away", lambda: migrated.expect_orders_kept(_lab(orders="2000.5\n"), 1000.0)),
    ],
)
def test_a_schema_that_is_no_good_is_told_as_its_card_has_it(wrong: str, judge: Callable[[], None]) -> None:
    with pytest.raises(CheckFailed) as failure:
        judge()
    failure.value.step = "5.11"  # as a check does
    title = migrating.stopped_by_its_migration.title
    card = masked(repr(cards.failed(title, failure.value, "")), "lab", {})
    assert card.strip() == (_OUTLINE.directory / "wrong" / wrong / "card.txt").read_text().strip()


def test_a_schema_that_both_releases_can_live_with_is_fine() -> None:
    lab = _lab(_columns(*_COLUMNS, "currency"), orders="999\n1001\n")
    migrated.expect_readable(lab, "v1.4.0")
    migrated.expect_writable(lab, "v1.4.0")
    assert migrated.expect_orders_kept(lab, 1000.0) == 1


def test_migrations_are_those_that_goose_has_noted() -> None:
    assert database.migrations(_lab()) == []
    assert [entry.version for entry in database.migrations(_lab(migrations="1|10.5\n4|11\n"))] == [1, 4]
