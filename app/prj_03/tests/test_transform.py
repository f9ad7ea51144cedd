import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations

from prj_03.extract import Reading
from prj_03.transform import figures

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def _readings(sensor: str, *values: float, seconds: int = 1) -> Iterator[Reading]:
    for number, value in enumerate(values):
        yield Reading(sensor, NOON + timedelta(seconds=number * seconds), value)


def test_the_figures_of_each_sensor() -> None:
    hall, cellar = figures([*_readings("hall", 20, 22, 21, seconds=10), *_readings("cellar", 9)])
    assert (hall.sensor, hall.count, hall.minimum, hall.maximum, hall.mean) == ("hall", 3, 20, 22, 21)
    assert (hall.first, hall.last, hall.longest_gap_seconds) == (NOON, NOON + timedelta(seconds=20), 10)
    assert (cellar.count, cellar.mean, cellar.longest_gap_seconds) == (1, 9, 0)


def test_what_is_no_number_is_counted_apart() -> None:
    (hall,) = figures(_readings("hall", math.nan, 20, math.inf, 22, -math.inf))
    assert (hall.count, hall.invalid, hall.minimum, hall.maximum, hall.mean) == (5, 3, 20, 22, 21)
    (dead,) = figures(_readings("dead", math.nan))
    assert (dead.count, dead.invalid, dead.minimum, dead.maximum, dead.mean) == (1, 1, None, None, None)


def test_a_mean_is_the_same_in_any_order() -> None:
    values = (1e16, 1.0, -1e16, 0.1, 3.3)
    assert len({next(figures(_readings("hall", *order))).mean for order in permutations(values)}) == 1


def test_a_mean_of_the_greatest_numbers_is_one() -> None:
    (hall,) = figures(_readings("hall", 1.7e308, 1.7e308, 1.7e308))
    assert hall.mean is not None
    assert math.isclose(hall.mean, 1.7e308)


def test_no_readings_have_no_figures() -> None:
    assert list(figures([])) == []
