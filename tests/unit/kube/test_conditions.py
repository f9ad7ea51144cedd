"""An object is Ready where its condition of that type says so, and nowhere else."""

from __future__ import annotations

import pytest

from lab_helpers.kube.conditions import condition, is_ready
from lab_helpers.kube.transport import Object


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({}, False),
        ({"status": {}}, False),
        ({"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}, False),
        ({"status": {"conditions": [{"type": "PodScheduled", "status": "True"}]}}, False),
        ({"status": {"conditions": [{"type": "Other", "status": "False"}, {"type": "Ready", "status": "True"}]}}, True),
    ],
)
def test_what_is_ready(item: Object, expected: bool) -> None:
    assert is_ready(item) is expected


def test_a_condition_is_known_by_its_type() -> None:
    full = {"type": "DiskPressure", "status": "True"}
    assert condition({"status": {"conditions": [{"type": "Ready", "status": "True"}, full]}}, "DiskPressure") == full
    assert condition({}, "DiskPressure") == {}
