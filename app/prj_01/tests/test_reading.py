from __future__ import annotations

import pytest

from prj_01.reading import parse
from samples import reading

GOOD = reading(7).as_json()


def test_what_the_feed_writes_is_read_back():
    assert parse(GOOD) == reading(7)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sequence": 0},
        {"sequence": "7"},
        {"sequence": True},
        {"sequence": 2**63},
        {"sensor": ""},
        {"sensor": "a\0b"},
        {"sensor": "x" * 101},
        {"at": "yesterday"},
        {"at": "2026-05-01T12:00:00"},
        {"at": 1},
        {"value": float("nan")},
        {"value": "1"},
        {"value": None},
    ],
    ids=repr,
)
def test_what_no_database_would_take_is_refused(wrong):
    with pytest.raises(ValueError):
        parse({**GOOD, **wrong})


@pytest.mark.parametrize("entry", [[], None, 1, "reading"])
def test_what_is_no_object_is_refused(entry):
    with pytest.raises(ValueError, match="is no object"):
        parse(entry)
