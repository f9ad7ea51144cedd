"""What a message must be to be a reading, and that anything else is named."""

from __future__ import annotations

import pytest

from prj_04.readings import UnfitMessageError, parse_reading

GOOD = {b"sequence": b"1", b"sensor": b"boiler-1", b"at": b"2026-01-31T12:00:00+00:00", b"value": b"1e2"}


def test_a_reading() -> None:
    reading = parse_reading(GOOD)
    assert (reading.sensor, reading.at.isoformat(), reading.value) == ("boiler-1", "2026-01-31T12:00:00+00:00", 100.0)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        (b"sensor", None, "sensor: is missing"),
        (b"sensor", b"", "sensor: is no name"),
        (b"sensor", b"a\x00b", "sensor: is no name"),
        (b"sensor", b"\xff", "sensor: is not UTF-8"),
        (b"sensor", b"a" * 201, "sensor: is no name"),
        (b"at", b"2026-01-31T12:00:00", "has no time zone"),
        (b"at", b"yesterday", "is no time"),
        (b"at", b"0001-01-01T00:00:00+09:00", "is no time"),
        (b"value", b"warm", "is no finite number"),
        (b"value", b"nan", "is no finite number"),
        (b"value", b"-inf", "is no finite number"),
    ],
)
def test_no_reading(name: bytes, value: bytes | None, reason: str) -> None:
    fields = {key: field for key, field in {**GOOD, name: value}.items() if field is not None}
    with pytest.raises(UnfitMessageError, match=reason):
        parse_reading(fields)
