"""A Job has ended where it is complete or failed, and not before."""

from __future__ import annotations

import pytest

from lab_helpers.kube.jobs import end_of


@pytest.mark.parametrize(
    ("conditions", "end"),
    [
        ([], None),
        ([("FailureTarget", "True")], None),
        ([("Complete", "False")], None),
        ([("SuccessCriteriaMet", "True"), ("Complete", "True")], "Complete"),
        ([("Failed", "True")], "Failed"),
    ],
)
def test_the_end_of_a_job(conditions: list[tuple[str, str]], end: str | None) -> None:
    job = {"status": {"conditions": [{"type": kind, "status": status} for kind, status in conditions]}}
    condition = end_of(job)
    assert (condition and condition["type"]) == end
    assert end_of({}) is None
