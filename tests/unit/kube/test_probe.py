from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from lab_helpers import wait
from lab_helpers.errors import LabError, WaitTimeout
from lab_helpers.kube.execute import Executed
from lab_helpers.observe.probe import Probe, ProbeLost
from tests.unit.kube.cluster import FakeClient, FakeStream

ASK = ("node", "-e", "process.kill(1, 'SIGUSR2')")
GOOD = [json.dumps({"n": n, "at": float(n), "ms": 5, "status": 200, "version": "v1", "body": ""}) for n in range(1, 7)]
BAD = json.dumps({"n": 3, "at": 3.0, "ms": 5, "error": "ECONNREFUSED"})


def end(why: str, sent: int) -> str:
    return json.dumps({"ended": why, "sent": sent})


def pod(phase: str = "Running") -> dict[str, object]:
    return {"metadata": {"name": "probe", "uid": "u"}, "status": {"phase": phase}}


def cluster(*streams: list[str], phase: str = "Running") -> FakeClient:
    fake = FakeClient({("pod", "probe"): pod(phase), ("namespace", "lab-probe"): {}})
    fake.streams = list(streams)
    fake.executed[ASK] = Executed("", "", 0)
    return fake


def probe(fake: FakeClient, pull_secret: Path | None = None, bound_seconds: float = 180) -> Probe:
    url, image = "http://web.one/", "ghcr.io/org/web:v1.0.0"
    return Probe(fake.client, url, image, pull_secret=pull_secret, bound_seconds=bound_seconds)


def test_a_cut_log_loses_nothing_and_counts_nothing_twice() -> None:
    fake = cluster(GOOD[:2], [*GOOD[:2], BAD, '{"n":4,"a'], [*GOOD[:2], BAD, *GOOD[3:], end("asked", 6)])
    result = probe(fake).start().stop(120)
    assert [request.number for request in result.requests] == [1, 2, 3, 4, 5, 6]
    assert (result.sent, result.failed) == (6, 1)
    assert fake.deleted == [("pod", "probe"), ("pod", "probe")]  # before and after


def test_lines_that_the_stream_lost_are_read_again() -> None:
    fake = cluster([*GOOD[:2], *GOOD[4:], end("asked", 6)])
    fake.told_logs["probe"] = "\n".join([*GOOD, end("asked", 6)])
    assert probe(fake).start().stop(120).sent == 6


def test_a_log_that_stays_incomplete_is_no_result() -> None:
    fake = cluster([*GOOD[:2], end("asked", 6)])
    fake.told_logs["probe"] = "\n".join([*GOOD[:2], end("asked", 6)])
    with pytest.raises(WaitTimeout, match="did not tell of every request it sent"):
        probe(fake).start().stop(0.3)


def test_a_probe_that_died_is_lost() -> None:
    fake = cluster(GOOD[:3])
    started = probe(fake).start()
    fake.told_logs["probe"] = "\n".join(GOOD[:3])
    fake.objects["pod", "probe"] = pod("Failed")
    with pytest.raises(ProbeLost, match=r"its pod died.*3 requests were seen"):
        started.stop(120)


def test_a_probe_that_was_deleted_is_lost() -> None:
    fake = cluster(GOOD[:3])
    started = probe(fake).start()
    del fake.objects["pod", "probe"]
    with pytest.raises(ProbeLost, match="its pod is gone"):
        started.stop(120)


@pytest.mark.parametrize(
    ("why", "expected"), [("bound", "ended by itself after 180 s"), ("terminated", "terminated by the cluster")]
)
def test_a_probe_that_ended_before_it_was_asked_is_lost(why: str, expected: str) -> None:
    fake = cluster([*GOOD, end(why, 6)])
    with pytest.raises(ProbeLost, match=expected):
        probe(fake).start().stop(120)


def test_an_api_server_that_went_away_is_no_result() -> None:
    fake = cluster(GOOD[:3])
    started = probe(fake).start()

    def unreachable(pod: str, namespace: str) -> object:
        raise LabError("did not answer within 15 s")

    fake.follow_logs = unreachable  # type: ignore[assignment,method-assign]
    with pytest.raises(WaitTimeout, match="did not end") as error:
        started.stop(5)
    assert "did not answer within 15 s" in error.value.last_event


@pytest.mark.parametrize(
    "error", [WaitTimeout("did not answer within 15 s"), LabError("the server could not find the resource (HTTP 404)")]
)
def test_a_log_that_cannot_be_read_for_a_while_is_read_again(error: LabError) -> None:
    fake = cluster([*GOOD, end("asked", 6)])
    followed, away = fake.follow_logs, iter([True, False, True, True])
    fake.streams.insert(0, GOOD[:2])

    def sometimes(pod: str, namespace: str) -> FakeStream:
        if not next(away, True):
            raise error
        return followed(pod, namespace)

    fake.follow_logs = sometimes  # type: ignore[method-assign]
    assert probe(fake).start().stop(120).sent == 6


def test_a_mistake_in_reading_the_log_is_no_result() -> None:
    fake = cluster([*GOOD[:2], '{"n":3,"at":"yesterday","ms":5}'])
    with pytest.raises(ProbeLost, match="its log could not be read"):
        probe(fake).start().stop(120)


def test_start_waits_for_a_good_answer_and_says_what_it_got() -> None:
    fake = cluster([BAD])
    with pytest.raises(WaitTimeout, match="ECONNREFUSED"):
        probe(fake).start(5)
    assert fake.deleted[-1] == ("pod", "probe")  # nothing half made


def test_as_a_context_manager_it_is_gone_afterwards() -> None:
    fake = cluster(GOOD[:2])
    with probe(fake) as started:
        wait.until(lambda: len(started.requests) == 2, seconds=120, outcome="be read")
    assert fake.deleted[-1] == ("pod", "probe")


def test_its_pod_is_bounded_restricted_and_pulls_with_the_given_secret(tmp_path: Path) -> None:
    secret = tmp_path / "config.json"
    secret.write_text('{"auths":{}}', encoding="utf-8")
    fake = cluster([*GOOD, end("asked", 6)])
    probe(fake, pull_secret=secret, bound_seconds=30).start().stop(120)
    pulled, pod = fake.applied
    assert base64.b64decode(pulled["data"][".dockerconfigjson"]) == b'{"auths":{}}'
    spec = pod["spec"]
    assert spec["activeDeadlineSeconds"] == 90
    assert spec["restartPolicy"] == "Never"
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["imagePullSecrets"] == [{"name": pulled["metadata"]["name"]}]
    assert {"name": "PROBE_URL", "value": "http://web.one/"} in spec["containers"][0]["env"]


def test_its_namespace_is_made_when_it_is_not_there() -> None:
    fake = cluster([*GOOD, end("asked", 6)])
    del fake.objects["namespace", "lab-probe"]
    probe(fake).start().stop(120)
    assert [manifest["kind"] for manifest in fake.applied] == ["Namespace", "Pod"]
