"""Values that vary are drawn once for an attempt, may be fixed for a run, and fill the texts that name them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from lab_helpers import LabError, checkout
from lab_helpers.workbook.course import outlines
from lab_helpers.workbook.course.consistency import RESERVED_VARIABLES
from lab_helpers.workbook.course.outline import Scalar
from lab_helpers.workbook.course.outlines import Outline, Prediction, Watched
from lab_helpers.workbook.course.variation import combinations, fill, variables
from lab_helpers.workbook.learner.draw import LAB_VARY, assignments, draw

_VARY: dict[str, tuple[Scalar, ...]] = {"quantity": (3, 4, 6), "price": ("37.50", "50.00", "75.00")}


@pytest.fixture
def varied(outline: Outline, monkeypatch: pytest.MonkeyPatch) -> Outline:
    monkeypatch.delenv(LAB_VARY, raising=False)
    return replace(outline, vary=_VARY)


def test_a_draw_follows_from_the_attempt_and_differs_between_attempts(varied: Outline) -> None:
    draws = {nonce: draw(varied, nonce, {}) for nonce in map(str, range(30))}
    assert all(draw(varied, nonce, {}) == values for nonce, values in draws.items())
    assert {values["quantity"] for values in draws.values()} == {3, 4, 6}
    assert all((values["quantity"], values["price"]) in zip(*_VARY.values(), strict=True) for values in draws.values())


def test_what_was_drawn_stays_until_the_lab_has_it_no_more(varied: Outline) -> None:
    for values in combinations(_VARY):
        assert draw(varied, "other", values) == values
    assert draw(varied, "other", {"quantity": 5, "price": "62.50"}) == draw(varied, "other", {})
    assert draw(replace(varied, vary={}), "other", {"quantity": 3}) == {}


def test_a_run_may_fix_it(varied: Outline, monkeypatch: pytest.MonkeyPatch) -> None:
    for values in combinations(_VARY):
        monkeypatch.setenv(LAB_VARY, assignments(values))
        assert [draw(varied, nonce, {}) for nonce in "abc"] == [values] * 3
    monkeypatch.setenv(LAB_VARY, "quantity=6")
    assert draw(varied, "a", {}) == {"quantity": 6, "price": "75.00"}


@pytest.mark.parametrize(
    ("text", "reason", "next_step"),
    [
        ("quantity=5", "has no such values for 09_toy; it may have quantity=3 price=37.50;", "LAB_VARY='quantity=3 "),
        ("quantity=3 price=75.00", "has no such values for 09_toy", "LAB_VARY="),
        ("quantty=3", "nothing called quantty varies; there are", "LAB_VARY=quantity="),
        ("quantity", "is not written like NAME=VALUE", "LAB_VARY='quantity=3 price=37.50'"),
        ("quantity='3", "is not written like NAME=VALUE", "LAB_VARY='quantity=3 price=37.50'"),
        ("=3", "is not written like NAME=VALUE", "LAB_VARY='quantity=3 price=37.50'"),
    ],
)
def test_what_cannot_be_fixed_is_said(
    varied: Outline, monkeypatch: pytest.MonkeyPatch, text: str, reason: str, next_step: str
) -> None:
    monkeypatch.setenv(LAB_VARY, text)
    with pytest.raises(LabError) as failure:
        draw(varied, "a", {})
    assert failure.value.object == f"LAB_VARY={text}"
    assert reason in failure.value.reason
    assert next_step in failure.value.next_step


def test_what_is_fixed_of_another_notebook_is_left_to_it(outline: Outline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LAB_VARY, "quantity=4")  # 05's
    assert draw(replace(outline, vary={"count": (1, 2)}), "a", {}) in ({"count": 1}, {"count": 2})


def test_texts_name_values_and_other_braces_stay(varied: Outline) -> None:
    prediction = Prediction("{quantity} pieces?", "{price}", {"{price}": "{price}, for {quantity}.", "nothing": "No."})
    step = replace(varied.steps[0], prediction=prediction, hints=("[{name: trial}] {quantity}",))
    watched = (Watched("web", "n", "http://web.n/?quantity={quantity}", "i"),)
    filled = fill(replace(varied, steps=(step,), watched=watched), {"quantity": 4, "price": "50.00"})
    assert filled.watched[0].url == "http://web.n/?quantity=4"
    assert filled.steps[0].hints == ("[{name: trial}] 4",)
    assert filled.steps[0].prediction == Prediction("4 pieces?", "50.00", {"50.00": "50.00, for 4.", "nothing": "No."})
    assert variables({"quantity": 4}) == {"LAB_QUANTITY": "4"}


def test_the_prices_of_05_are_those_of_its_pieces() -> None:
    for values in combinations(outlines.load("05_first_deploy").vary):
        total = 12.5 * int(values["quantity"])
        assert (values["full_price"], values["reduced_price"]) == (f"{total:.2f}", f"{total * 0.9:.2f}")


def test_every_variable_that_the_lab_reads_is_reserved() -> None:
    sources = (checkout.source_directory() / "lab_helpers").rglob("*.py")
    named = {name for source in sources for name in re.findall(r'"(LAB_[A-Z_]+)"', source.read_text())}
    assert named <= RESERVED_VARIABLES
