"""Which readings raise an alert, and that an alert is the same wherever it is raised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from prj_04.readings import Reading
from prj_04.rules import parse_rules, raise_alerts

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def raised(rules: str, sensor: str, value: float) -> list[str]:
    return [alert.rule.name for alert in raise_alerts(parse_rules(rules), Reading(sensor, NOON, value))]


@pytest.mark.parametrize(
    ("rule", "below", "at", "above"),
    [("> 90", 0, 0, 1), (">= 90", 0, 1, 1), ("< 90", 1, 0, 0), ("<= 90", 1, 1, 0)],
)
def test_operators(rule: str, below: int, at: int, above: int) -> None:
    counts = [len(raised(f"r: * {rule}", "boiler-1", value)) for value in (89.9, 90.0, 90.1)]
    assert counts == [below, at, above]


def test_sensors_are_matched_whole_and_to_the_letter() -> None:
    assert raised("r: boiler-* > 0", "boiler-1", 1) == ["r"]
    assert raised("r: boiler > 0", "boiler-1", 1) == []
    assert raised("r: boiler-? > 0", "Boiler-1", 1) == []


def test_one_reading_may_break_several_rules() -> None:
    assert raised("hot: * > 90; very-hot: * > 100;", "boiler-1", 101) == ["hot", "very-hot"]


def test_a_key_is_that_of_the_rule_the_sensor_and_the_time() -> None:
    def key(sensor: str, at: datetime, value: float, rule: str = "hot") -> object:
        (alert,) = raise_alerts(parse_rules(f"{rule}: * > 0"), Reading(sensor, at, value))
        return alert.key

    assert str(key("a", NOON, 1.0)) == "469e1ec4-752c-51ac-9687-78714770b20c", "the same in every release"
    assert key("a", NOON, 1.0) == key("a", NOON, 2.0)
    others = [key("b", NOON, 1.0), key("a", NOON + timedelta(microseconds=1), 1.0), key("a", NOON, 1.0, "cold")]
    assert len({key("a", NOON, 1.0), *others}) == 4


@pytest.mark.parametrize(
    "text",
    ["hot", "hot: * 90", "hot: * > warm", "hot: * > nan", "hot: * > inf", "Hot: * > 1", ": * > 1", "a: b c > 1", ";"],
)
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no rule such as|has no rule"):
        parse_rules(text)


def test_two_rules_of_one_name() -> None:
    with pytest.raises(ValueError, match="two rules are called 'a'"):
        parse_rules("a: * > 1; a: * < 0")


def test_time_zones_are_one() -> None:
    from prj_04.readings import parse_reading

    fields = {b"sensor": b"a", b"value": b"1", b"sequence": b"7"}
    east = NOON.astimezone(timezone(timedelta(hours=9))).isoformat().encode()
    readings = {parse_reading({**fields, b"at": at}).at for at in (b"2026-01-31T12:00:00Z", east)}
    assert readings == {NOON}
