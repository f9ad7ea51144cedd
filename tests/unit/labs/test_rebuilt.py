"""The check of 7.7 believes a drill's record only where it is whole, of now, proven, and in time."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lab_helpers import CheckFailed
from lab_helpers.workbook.pictures.picture import Picture
from labs.lab_07_operate.rebuilt import cluster_rebuilt

_BEGAN = "2026-11-29T16:00:00Z"
_RECORD: dict[str, Any] = {
    "began": "2026-11-29T16:30:00Z",
    "recovery_seconds": 61.0,
    "limit_seconds": 14400.0,
    "phases": [
        {"name": "create a cluster", "seconds": 9.5, "is_recovery": False},
        {"name": "destroy the cluster", "seconds": 1.0, "is_recovery": True},
        {"name": "restore files and databases", "seconds": 60.0, "is_recovery": True},
    ],
    "proofs": [{"name": "new rows come", "holds": True, "evidence": "3"}],
}


def _look(workspace: Path, record: object) -> Any:
    """What the check makes of a record."""
    text = record if isinstance(record, str) else json.dumps(record)
    (workspace / "drill.json").write_text(text, encoding="utf-8")
    namespace = {"metadata": {"creationTimestamp": _BEGAN}}
    lab: Any = SimpleNamespace(workspace=workspace, client=SimpleNamespace(get=lambda *_: namespace))
    return cluster_rebuilt.look(lab)


def test_a_drill_of_now_is_told_with_its_breakdown(tmp_path: Path) -> None:
    evidence = _look(tmp_path, _RECORD)
    assert evidence["without service"] == "61 s"
    picture = evidence["breakdown"]
    assert isinstance(picture, Picture)
    assert picture.title == "without the service for 61 s, 0.4% of the 4 hours that are allowed"
    assert [row[1] for row in picture.tables[0].rows] == ["9.5 s", "1.0 s", "60.0 s"]
    assert picture.svg.count('<rect class="v4"') == 2


@pytest.mark.parametrize("record", ["", "[]", "{", '"drill"', {**_RECORD, "proofs": []}, {**_RECORD, "phases": [1]}])
def test_a_record_that_is_none_proves_nothing(record: object, tmp_path: Path) -> None:
    with pytest.raises(CheckFailed, match="ended halfway"):
        _look(tmp_path, record)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"began": "2026-11-29T15:59:59Z"}, "one of before"),
        ({"proofs": [{"name": "new rows come", "holds": False, "evidence": ""}]}, "new rows come"),
        ({"limit_seconds": 60.0}, "hours"),
    ],
)
def test_a_drill_of_before_one_that_proves_nothing_and_one_that_took_too_long_do_not_count(
    change: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(CheckFailed, match=words):
        _look(tmp_path, {**_RECORD, **change})
