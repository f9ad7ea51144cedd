from __future__ import annotations

from lab_helpers.kube.timeline import Phase, PodSample
from lab_helpers.kube.traffic import Request
from lab_helpers.workbook.watching import Seen


def _sample(at: float, revision: int, phase: Phase) -> PodSample:
    return PodSample(at, f"web-{revision}", revision, f"v1.{revision}.0", phase)


def _request(number: int, version: str, *, status: int = 200) -> Request:
    return Request(number, float(number), status, version, 1.0, "", "{}")


def test_a_rollout_begins_with_the_first_new_pod_of_its_revision() -> None:
    samples = [
        _sample(0.0, 1, "ready"),
        _sample(0.0, 3, "terminating"),  # left over from before: its rollout began long ago
        _sample(2.0, 2, "pending"),
        _sample(3.0, 2, "ready"),
        _sample(4.0, 2, "pending"),
        _sample(5.0, 4, "pending"),
    ]
    moments = Seen(samples, {}, []).moments
    assert [(moment.at, moment.text) for moment in moments] == [(2.0, "v1.2.0 begins"), (5.0, "v1.4.0 begins")]


def test_a_failed_request_is_nobodys_answer() -> None:
    seen = Seen([], {}, [_request(1, "v1"), _request(2, "v1", status=503), _request(3, "v2")])
    assert [request.number for request in seen.failures] == [2]
    assert [request.number for request in seen.answered_by("v1")] == [1]


def test_no_pod_was_ready_from_the_last_that_went_to_the_first_that_came() -> None:
    down_and_up = [
        _sample(0.0, 1, "pending"),  # before the first was Ready nobody was missed
        _sample(1.0, 1, "ready"),
        _sample(5.0, 1, "terminating"),
        _sample(7.5, 2, "ready"),
    ]
    assert Seen(down_and_up, {}, []).seconds_without_ready_pod == 2.5
    rolled = [_sample(1.0, 1, "ready"), _sample(4.0, 2, "ready"), _sample(5.0, 1, "terminating")]
    assert Seen(rolled, {}, []).seconds_without_ready_pod == 0.0
    assert Seen([*rolled, _sample(9.0, 2, "terminating")], {}, []).seconds_without_ready_pod == 0.0, (
        "nothing came after"
    )
    assert Seen([], {}, []).seconds_without_ready_pod == 0.0
