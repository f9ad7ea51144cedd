from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prj_01.feed import SENSORS, Feed

NOW = datetime(2026, 6, 1, tzinfo=UTC)
FEED = Feed(rate=10, history=100)


def test_it_is_a_function_of_the_clock():
    readings = FEED.after(FEED.newest(NOW) - 3, 100, NOW)
    assert readings == Feed(rate=10, history=5).after(FEED.newest(NOW) - 3, 100, NOW)
    assert [reading.sequence for reading in readings] == list(range(FEED.newest(NOW) - 2, FEED.newest(NOW) + 1))
    assert all(NOW - timedelta(seconds=1) < reading.at <= NOW for reading in readings)


def test_time_goes_on_and_nothing_is_left_out():
    later = NOW + timedelta(seconds=2)
    first = FEED.after(0, 1000, NOW)
    assert [r.sequence for r in first + FEED.after(first[-1].sequence, 1000, later)] == list(
        range(first[0].sequence, FEED.newest(later) + 1)
    )


def test_it_has_only_its_history_and_gives_no_more_than_asked_for():
    assert len(FEED.after(0, 1000, NOW)) == 100
    assert len(FEED.after(0, 7, NOW)) == 7
    assert FEED.after(FEED.newest(NOW), 7, NOW) == []


def test_no_sensor_reads_twice_at_once_and_some_readings_are_spikes():
    readings = Feed(rate=1000, history=1000).after(0, 1000, NOW)
    assert len({(reading.sensor, reading.at) for reading in readings}) == 1000
    assert {reading.sensor for reading in readings} == set(SENSORS)
    assert 0 < sum(reading.value > 60 for reading in readings) < 20
