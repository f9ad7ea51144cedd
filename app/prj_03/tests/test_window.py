from datetime import UTC, datetime, timedelta, timezone

import pytest

from prj_03.window import parse

NOW = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "name", "start", "end"),
    [
        ("2026-01-31", "2026-01-31", datetime(2026, 1, 31), datetime(2026, 2, 1)),
        ("2026-02-28T23", "2026-02-28T23", datetime(2026, 2, 28, 23), datetime(2026, 3, 1)),
        ("previous-day", "2026-02-28", datetime(2026, 2, 28), datetime(2026, 3, 1)),
        ("previous-hour", "2026-02-28T23", datetime(2026, 2, 28, 23), datetime(2026, 3, 1)),
    ],
)
def test_a_day_and_an_hour_that_are_over(text: str, name: str, start: datetime, end: datetime) -> None:
    window = parse(text, NOW)
    assert (window.name, window.start, window.end) == (name, start.replace(tzinfo=UTC), end.replace(tzinfo=UTC))


def test_days_are_those_of_utc_wherever_the_job_runs() -> None:
    seoul = NOW.astimezone(timezone(timedelta(hours=9)))
    assert parse("previous-day", seoul) == parse("previous-day", NOW)


@pytest.mark.parametrize("text", ["2026-03-01", "2026-03-01T00", "2999-01-01"])
def test_a_window_that_is_not_over_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not over before"):
        parse(text, NOW)


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2026-1-31", "2026-02-30", "2026-01-31T24", "2026-01-31T1", "2026-01-31 12", "9999-12-31"],
)
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is none of"):
        parse(text, NOW)
