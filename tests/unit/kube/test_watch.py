from __future__ import annotations

import json
import threading
import time
from itertools import islice

import pytest

from lab_helpers import wait
from lab_helpers.errors import LabError
from lab_helpers.kube.client import Client
from tests.unit.kube.api_server import ApiServer, Call

PODS = "/api/v1/namespaces/one/pods"


def pod(name: str, version: int) -> dict[str, object]:
    return {"metadata": {"name": name, "uid": name, "resourceVersion": str(version)}}


def listed(call: Call, version: int, *pods: dict[str, object]) -> None:
    call.answer({"metadata": {"resourceVersion": str(version)}, "items": list(pods)})


def line(kind: str, item: dict[str, object]) -> bytes:
    return json.dumps({"type": kind, "object": item}).encode() + b"\n"


GONE = line("ERROR", {"kind": "Status", "code": 410, "message": "too old resource version"})


def changes_of(client: Client, count: int) -> list[tuple[str, str]]:
    with client.watch("pod", "one") as watch:
        return [(kind, item["metadata"]["name"]) for kind, item in islice(watch, count)]


def test_what_exists_comes_first_then_what_changes(api: ApiServer, client: Client) -> None:
    api.on(
        "GET",
        PODS,
        lambda call: listed(call, 5, pod("a", 3)),
        lambda call: call.stream(
            line("MODIFIED", pod("a", 6)), line("ADDED", pod("b", 7)), line("DELETED", pod("a", 8))
        ),
    )
    assert changes_of(client, 4) == [("ADDED", "a"), ("MODIFIED", "a"), ("ADDED", "b"), ("DELETED", "a")]


def test_a_cut_stream_is_resumed_where_it_broke(api: ApiServer, client: Client) -> None:
    half = line("ADDED", pod("c", 8))[:20]
    api.on(
        "GET",
        PODS,
        lambda call: listed(call, 5),
        lambda call: call.stream(line("ADDED", pod("b", 7)), half, cut=True),
        lambda call: call.stream(line("ADDED", pod("c", 8))),
    )
    assert changes_of(client, 2) == [("ADDED", "b"), ("ADDED", "c")]
    versions = [call.query.get("resourceVersion") for call in api.calls if call.path == PODS]
    assert versions == [None, "5", "7"]


def test_a_bookmark_moves_the_point_of_return(api: ApiServer, client: Client) -> None:
    api.on(
        "GET",
        PODS,
        lambda call: listed(call, 5),
        lambda call: call.stream(line("BOOKMARK", {"metadata": {"resourceVersion": "90"}})),
        lambda call: call.stream(line("ADDED", pod("c", 91))),
    )
    assert changes_of(client, 1) == [("ADDED", "c")]
    assert api.calls[-1].query["resourceVersion"] == "90"


@pytest.mark.parametrize("forgotten", [lambda call: call.stream(GONE), lambda call: call.refuse(410, "expired")])
def test_when_the_server_forgot_the_difference_is_told(api: ApiServer, client: Client, forgotten: object) -> None:
    script = [
        lambda call: listed(call, 5, pod("a", 3), pod("b", 3), pod("c", 3)),
        forgotten,
        lambda call: listed(call, 90, pod("b", 80), pod("c", 3), pod("d", 81)),
        lambda call: call.stream(line("DELETED", pod("d", 91))),
    ]
    api.on("GET", PODS, *script)  # type: ignore[arg-type]
    changes = changes_of(client, 7)
    assert changes[3:] == [("DELETED", "a"), ("MODIFIED", "b"), ("ADDED", "d"), ("DELETED", "d")]


def test_410_again_and_again_does_not_end_it(api: ApiServer, client: Client) -> None:
    again = [lambda call: listed(call, 5), lambda call: call.stream(GONE)] * 4
    api.on("GET", PODS, *again, lambda call: listed(call, 6, pod("a", 6)))
    assert changes_of(client, 1) == [("ADDED", "a")]


def test_a_busy_server_is_asked_again(api: ApiServer, client: Client) -> None:
    api.on(
        "GET",
        PODS,
        lambda call: listed(call, 5),
        lambda call: call.refuse(429, "slow down"),
        lambda call: call.stream(line("ADDED", pod("a", 6))),
    )
    assert changes_of(client, 1) == [("ADDED", "a")]


def test_a_refusal_is_an_error_not_silence(api: ApiServer, client: Client) -> None:
    api.on("GET", PODS, lambda call: listed(call, 5), lambda call: call.refuse(403, "watch is forbidden"))
    with pytest.raises(LabError, match="watch is forbidden"):
        changes_of(client, 1)


def test_an_outage_longer_than_any_patience_is_a_gap_and_no_end(
    api: ApiServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab_helpers.kube.watch._TRY_SECONDS", 0.3)
    monkeypatch.setattr("lab_helpers.kube.watch._OUTAGE_SECONDS", 0.5)
    began = time.time()
    times: list[float] = []

    def away(call: Call) -> None:
        times.append(time.time())
        if times[-1] < times[0] + 3:  # longer than it is waited for
            call.reset()
        else:
            call.stream(line("ADDED", pod("b", 7)))

    api.on("GET", PODS, lambda call: listed(call, 5, pod("a", 3)), away)
    with client.watch("pod", "one") as watch:
        changes = [(kind, item["metadata"]["name"]) for kind, item in islice(watch, 2)]
        outage = watch.outages[-1]
    assert changes == [("ADDED", "a"), ("ADDED", "b")]
    assert began <= outage.began <= times[0]
    assert outage.ended >= times[0] + 3


def test_an_outage_that_lasts_is_told_of(api: ApiServer, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab_helpers.kube.watch._TRY_SECONDS", 0.1)
    monkeypatch.setattr("lab_helpers.kube.watch._OUTAGE_SECONDS", 0.2)
    api.on("GET", PODS, lambda call: listed(call, 5, pod("a", 3)), Call.reset)
    with client.watch("pod", "one") as watch:
        reader = threading.Thread(target=lambda: list(watch))
        reader.start()
        outages = wait.until(lambda: watch.outages, seconds=120, outcome="be noticed")
    reader.join(300)
    assert not reader.is_alive()
    assert outages[0].seconds >= 0.2


def test_a_quiet_connection_made_anew_is_no_outage(
    api: ApiServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab_helpers.kube.watch._OUTAGE_SECONDS", 300)
    api.on("GET", PODS, lambda call: listed(call, 5), Call.stream, lambda call: call.stream(line("ADDED", pod("b", 7))))
    with client.watch("pod", "one") as watch:
        assert len(list(islice(watch, 1))) == 1
        assert watch.outages == []


def test_a_connection_that_is_quiet_for_long_is_made_anew_and_is_no_outage(
    api: ApiServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab_helpers.kube.transport._SILENCE_SECONDS", 2.5)  # longer than what counts as an outage

    def quiet(call: Call) -> None:
        call.handler.send_response(200)
        call.handler.send_header("Transfer-Encoding", "chunked")
        call.handler.end_headers()
        api.ending.wait(4)
        call.reset()

    api.on("GET", PODS, lambda call: listed(call, 5), quiet, lambda call: call.stream(line("ADDED", pod("b", 7))))
    with client.watch("pod", "one") as watch:
        assert len(list(islice(watch, 1))) == 1
        assert watch.outages == []


def test_stop_ends_a_silent_stream_at_once(api: ApiServer, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab_helpers.kube.transport._SILENCE_SECONDS", 300)
    opened = threading.Event()

    def open_and_wait(call: Call) -> None:
        call.handler.send_response(200)
        call.handler.send_header("Transfer-Encoding", "chunked")
        call.handler.end_headers()
        opened.set()
        api.ending.wait(120)
        call.reset()

    api.on("GET", PODS, lambda call: listed(call, 5), open_and_wait)
    watch = client.watch("pod", "one")
    reader = threading.Thread(target=lambda: list(watch))
    reader.start()
    assert opened.wait(120)
    watch.stop()
    reader.join(300)
    assert not reader.is_alive()
