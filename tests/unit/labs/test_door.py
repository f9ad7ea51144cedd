"""Verdicts of 06 on a rollout behind the door that a healthy cluster does not produce, and what is counted there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab_helpers import CheckFailed, Unsettled
from lab_helpers.observe.traffic import Request
from lab_helpers.workbook.pictures.observation import RolloutObservation
from labs.lab_06_expand import counted, rollout

_METRICS = """
# TYPE traefik_entrypoint_requests_total counter
traefik_entrypoint_requests_total{code="301",entrypoint="web",method="GET",protocol="http"} 1
traefik_entrypoint_requests_total{code="200",entrypoint="websecure",method="GET",protocol="http"} 1707
traefik_entrypoint_requests_total{code="404",entrypoint="websecure",method="GET",protocol="http"} 5
traefik_entrypoint_requests_total{code="499",entrypoint="websecure",method="GET",protocol="http"} 2
traefik_router_requests_total{code="200",method="GET",protocol="http",router="prj-01-prj-01-prj-01-example-com@kubernetes",\
service="prj-01-prj-01-80@kubernetes"} 9
traefik_router_requests_total{code="200",method="GET",protocol="http",router="prj-02-prj-02-prj-02-example-com@kubernetes",\
service="prj-02-prj-02-80@kubernetes"} 1.697e+03
traefik_router_requests_total{code="200",method="POST",protocol="http",router="prj-02-prj-02-prj-02-example-com@kubernetes"\
,service="prj-02-prj-02-80@kubernetes"} 1
traefik_router_requests_total{code="404",method="GET",protocol="http",router="prj-02-prj-02-prj-02-example-com@kubernetes",\
service="prj-02-prj-02-80@kubernetes"} 3
traefik_router_requests_total{code="499",method="GET",protocol="http",router="prj-02-prj-02-prj-02-example-com@kubernetes",\
service="prj-02-prj-02-80@kubernetes"} 2
"""


def _observed(*requests: Request) -> RolloutObservation:
    return RolloutObservation((), {}, requests)


def _stream(*versions: str, interval: float = 0.05) -> list[Request]:
    return [
        Request(number, number * interval, 200, version, 1.0, "", "")
        for number, version in enumerate((version for version in versions for _ in range(20)), 1)
    ]


def test_requests_are_counted_by_host_and_status() -> None:
    assert counted.by_host(_METRICS) == {
        "prj-01.example.com": {"200": 9},
        "prj-02.example.com": {"200": 1698, "404": 3, "499": 2},
        "": {"404": 2},
    }


def test_nothing_is_counted_where_nobody_came() -> None:
    assert counted.by_host("") == {"prj-01.example.com": {}, "prj-02.example.com": {}, "": {}}


def test_a_late_answer_is_no_lost_request() -> None:
    requests = _stream("v1.0.0", "v1.1.0")
    requests[25] = replace(requests[25], milliseconds=9000.0)
    rollout.expect_none_failed(_observed(*requests), "v1.0.0", "v1.1.0")


def test_who_never_came_to_the_door_was_not_lost_behind_it() -> None:
    requests = _stream("v1.0.0", "v1.1.0")
    requests[25] = replace(requests[25], status=0, error="no connection within 8000 ms", late="connection")
    rollout.expect_none_failed(_observed(*requests), "v1.0.0", "v1.1.0")


@pytest.mark.parametrize(
    ("status", "error"), [(502, ""), (404, ""), (0, "ECONNRESET"), (0, "no answer within 8000 ms")]
)
def test_a_lost_request_fails_the_step(status: int, error: str) -> None:
    requests = _stream("v1.0.0", "v1.1.0")
    requests[25] = replace(requests[25], status=status, error=error)
    with pytest.raises(CheckFailed) as failure:
        rollout.expect_none_failed(_observed(*requests), "v1.0.0", "v1.1.0")
    assert failure.value.seen == f"1 of 40 failed, first: {error or status}"
    assert "SIGTERM" in failure.value.hint


def test_what_failed_while_the_machine_paused_is_not_held_against_the_release() -> None:
    requests = _stream("v1.0.0", "v1.1.0")
    requests[20:] = [replace(request, at=request.at + 30) for request in requests[20:]]
    requests[21] = replace(requests[21], status=502)
    with pytest.raises(CheckFailed, match="no request to fail") as failure:
        rollout.expect_none_failed(_observed(*requests), "v1.0.0", "v1.1.0")
    assert "This machine paused for 30 s" in failure.value.hint


def test_both_releases_must_have_answered() -> None:
    with pytest.raises(CheckFailed, match="before the rollout"):
        rollout.expect_none_failed(_observed(*_stream("v1.1.0")), "v1.0.0", "v1.1.0")
    with pytest.raises(Unsettled, match=r"requests answered by v1\.1\.0"):
        rollout.expect_none_failed(_observed(*_stream("v1.0.0")), "v1.0.0", "v1.1.0")
