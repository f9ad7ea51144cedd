from __future__ import annotations

import json

import pytest

from lab_helpers.observe.traffic import ProbeLog, ProbeResult, Request, pauses


def line(n: int, at: float, ms: float = 5, **outcome: object) -> str:
    return json.dumps({"n": n, "at": at, "ms": ms, **(outcome or {"status": 200, "version": "v1", "body": "ok"})})


def recorded(*lines: str) -> ProbeLog:
    record = ProbeLog()
    for text in lines:
        record.add(text)
    return record


def request(number: int, at: float, status: int = 200, version: str = "v1", error: str = "") -> Request:
    return Request(number, at, status, version, 10, error, "")


def test_a_line_becomes_a_request() -> None:
    (request,) = recorded(line(1, 10.5, 7.5, status=200, version="v1.0.0", body='{"total":36}')).requests
    assert request == Request(1, 10.5, 200, "v1.0.0", 7.5, "", '{"total":36}')
    assert request.ok
    assert request.answered_at == 10.5075


def test_a_log_read_twice_counts_once_and_is_put_in_order() -> None:
    first, second, third = line(1, 1), line(2, 2), line(3, 3)
    record = recorded(first, third, first, second, third)
    assert [request.number for request in record.requests] == [1, 2, 3]


@pytest.mark.parametrize("noise", ['{"n":2,"at":1', "", "(node:1) Warning: x", "[1]", "7", '{"other":1}'])
def test_what_is_not_the_probes_is_passed_over(noise: str) -> None:
    assert len(recorded(line(1, 1), noise).requests) == 1


def test_counting_begins_with_the_first_good_answer() -> None:
    lost = line(1, 1, error="ENOTFOUND")
    assert recorded(lost).requests == []
    assert recorded(lost).last_error == "ENOTFOUND"
    record = recorded(lost, line(2, 2), line(3, 3, error="ECONNREFUSED"))
    assert [request.number for request in record.requests] == [2, 3]


def test_the_probes_own_count_tells_whether_a_line_is_missing() -> None:
    end = json.dumps({"ended": "asked", "sent": 3})
    assert not recorded(line(1, 1), line(2, 2), line(3, 3)).is_complete
    assert not recorded(line(1, 1), line(3, 3), end).is_complete
    assert recorded(line(1, 1), line(3, 3), end, line(2, 2)).is_complete


@pytest.mark.parametrize(
    ("status", "error", "ok"),
    [
        (200, "", True),
        (204, "", False),
        (404, "", False),
        (500, "", False),
        (0, "ECONNRESET", False),
        (200, "cut", False),
    ],
)
def test_only_200_is_a_good_answer(status: int, error: str, ok: bool) -> None:
    assert request(1, 1, status=status, error=error).ok is ok


def test_failures_and_releases_are_counted() -> None:
    requests = [request(1, 1), request(2, 2, 503), request(3, 3, version="v2"), request(4, 4, 0, error="ECONNREFUSED")]
    result = ProbeResult(requests)
    assert (result.sent, result.failed) == (4, 2)
    assert result.by_version == {"v1": 1, "v2": 1}
    assert "2 failed" in str(result)
    assert "none failed" in str(ProbeResult([request(1, 1)]))


def test_the_longest_gap_is_between_good_answers() -> None:
    requests = [request(1, 0), request(2, 1, 503), request(3, 2, 503), request(4, 3), request(5, 3.5)]
    assert ProbeResult(requests).longest_gap_seconds == pytest.approx(3)


def test_a_service_that_never_came_back_is_a_gap_too() -> None:
    requests = [request(1, 0), request(2, 1, 503), request(3, 9, 503)]
    assert ProbeResult(requests).longest_gap_seconds == pytest.approx(9)


def test_no_requests_are_no_gap() -> None:
    assert ProbeResult([]).longest_gap_seconds == 0


def test_a_sender_that_sends_nothing_stood_still_and_its_machine_with_it() -> None:
    sent = [request(1, 10.0), request(2, 10.05), request(3, 71.05), request(4, 71.1), request(5, 73.1)]
    (pause,) = pauses(sent)
    assert pause.seconds == pytest.approx(61)
    assert [pause.explains(request(9, at)) for at in (5.0, 9.0, 10.05, 75.0, 90.0)] == [False, True, True, True, False]
