"""Each step of notebook 02 that works in prj-02 says so where there is no such repository, and how to make it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from lab_helpers import CheckContext, CheckFailed
from lab_helpers.workbook.course.checks import Check
from labs.lab_02_app_repo import building, ending, probing, releasing, settings

_CHECKS = [
    settings.refused_without_a_price,
    probing.ready_when_it_can_answer,
    building.built_in_layers,
    releasing.never_moved,
    ending.ends_without_a_loss,
]


@pytest.mark.parametrize("check", _CHECKS)
@pytest.mark.parametrize(
    ("files", "observation"),
    [
        ([], "no such directory"),
        (["src/config.js"], "no .git in it"),
        (["src/config.js", ".git/config"], "a .git that git cannot read"),
    ],
)
def test_what_is_no_repository_is_told_from_what_is_wrong_in_it(
    check: Check, files: list[str], observation: str, tmp_path: Path
) -> None:
    for file in files:
        path = tmp_path / "prj-02" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    lab = cast(CheckContext, SimpleNamespace(workspace=tmp_path, vary={"price": 1, "release": "v0.1.0"}))
    with pytest.raises(CheckFailed) as failure:
        check.look(lab)
    assert (failure.value.seen, failure.value.expected) == (observation, "a Git repository in prj-02")
    assert "lab reset" not in str(failure.value.next_step)
