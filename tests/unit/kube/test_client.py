from __future__ import annotations

import base64
import json
import tempfile
import time
from pathlib import Path

import pytest

from lab_helpers import wait
from lab_helpers.errors import Forbidden, LabError, Unauthorized, WaitTimeout
from lab_helpers.kube.client import Client
from lab_helpers.kube.configuration import load_configuration
from tests.unit.kube.api_server import ApiServer, Call, write_kubeconfig

POD = "/api/v1/namespaces/one/pods/web"


def pod(uid: str = "u1", version: str = "1") -> dict[str, object]:
    metadata = {"name": "web", "namespace": "one", "uid": uid, "resourceVersion": version}
    return {"kind": "Pod", "metadata": metadata}


def test_absent_object_is_none(api: ApiServer, client: Client) -> None:
    api.on("GET", POD, lambda call: call.refuse(404, "not found"))
    assert client.get("pod", "web", "one") is None


@pytest.mark.parametrize("word", ["pod", "pods", "po", "Pod"])
def test_the_usual_words_mean_the_kind(api: ApiServer, client: Client, word: str) -> None:
    api.on("GET", POD, lambda call: call.answer(pod()))
    item = client.get(word, "web", "one")
    assert item is not None
    assert item["metadata"]["uid"] == "u1"


def test_unknown_kind_is_said_so(client: Client) -> None:
    with pytest.raises(LabError, match="no kind this cluster serves"):
        client.get("gizmo", "web", "one")


def test_a_namespaced_kind_needs_a_namespace(client: Client) -> None:
    with pytest.raises(LabError, match="lives in a namespace"):
        client.get("pod", "web")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_cannot_answer_yet_is_asked_again(api: ApiServer, client: Client, status: int) -> None:
    api.on("GET", POD, lambda call: call.refuse(status, "not yet"), lambda call: call.answer(pod()))
    assert client.get("pod", "web", "one") is not None
    assert api.count("GET", POD) == 2


def test_a_reset_connection_is_made_again(api: ApiServer, client: Client) -> None:
    api.on("GET", POD, Call.reset, Call.reset, lambda call: call.answer(pod()))
    assert client.get("pod", "web", "one") is not None


def test_patience_ends_with_the_last_reason(api: ApiServer, kubeconfig: Path) -> None:
    api.on("GET", POD, lambda call: call.refuse(503, "etcd has no leader"))
    with pytest.raises(WaitTimeout, match="etcd has no leader"):
        Client(kubeconfig, patience_seconds=0.5).get("pod", "web", "one")


def test_a_refusal_is_told_at_once(api: ApiServer, client: Client) -> None:
    api.on("GET", POD, lambda call: call.refuse(403, "pods is forbidden"))
    with pytest.raises(LabError, match=r"pods is forbidden \(HTTP 403\)"):
        client.get("pod", "web", "one")
    assert api.count("GET", POD) == 1


def test_apply_is_server_side_and_sends_the_manifest(api: ApiServer, client: Client) -> None:
    path = "/apis/apps/v1/namespaces/one/deployments/web"
    api.on("PATCH", path, lambda call: call.answer({"kind": "Deployment", "metadata": {"name": "web"}}))
    metadata = {"name": "web", "namespace": "one"}
    client.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}, field_manager="me")
    call = api.calls[-1]
    assert call.headers["Content-Type"] == "application/apply-patch+yaml"
    assert call.query == {"fieldManager": "me", "force": "true"}
    assert json.loads(call.body)["metadata"] == metadata


def test_delete_returns_when_it_is_gone(api: ApiServer, client: Client) -> None:
    there, gone = (lambda call: call.answer(pod())), (lambda call: call.refuse(404, "gone"))
    api.on("GET", POD, there, there, there, gone)
    api.on("DELETE", POD, lambda call: call.answer(pod()))
    client.delete("pod", "web", "one")
    assert api.count("GET", POD) == 4


def test_delete_takes_a_successor_of_the_same_name_for_another(api: ApiServer, client: Client) -> None:
    api.on("GET", POD, lambda call: call.answer(pod()), lambda call: call.answer(pod(uid="u2")))
    api.on("DELETE", POD, lambda call: call.answer(pod()))
    client.delete("pod", "web", "one")


def test_delete_of_nothing_is_no_error(api: ApiServer, client: Client) -> None:
    client.delete("pod", "web", "one")
    assert api.count("DELETE", POD) == 0


def test_delete_that_hangs_is_an_error(api: ApiServer, client: Client) -> None:
    api.on("GET", POD, lambda call: call.answer(pod()))
    api.on("DELETE", POD, lambda call: call.answer(pod()))
    with pytest.raises(WaitTimeout, match="pod/web: did not go away"):
        client.delete("pod", "web", "one", wait_seconds=0.2)


def test_delete_means_the_object_that_was_looked_at(api: ApiServer, client: Client) -> None:
    api.on("GET", POD, lambda call: call.answer(pod()), lambda call: call.answer(pod(uid="u2")))
    api.on("DELETE", POD, lambda call: call.refuse(409, "the UID in the precondition does not match"))
    client.delete("pod", "web", "one")
    (sent,) = [json.loads(call.body) for call in api.calls if call.method == "DELETE"]
    assert sent["preconditions"] == {"uid": "u1"}


def test_a_conflict_about_the_object_itself_is_an_error(api: ApiServer, client: Client) -> None:
    api.on("GET", POD, lambda call: call.answer(pod()))
    api.on("DELETE", POD, lambda call: call.refuse(409, "is being changed"))
    with pytest.raises(LabError, match="is being changed"):
        client.delete("pod", "web", "one")


def test_delete_can_wait_for_what_an_object_owns(api: ApiServer, client: Client) -> None:
    api.on("GET", POD, lambda call: call.answer(pod()), lambda call: call.refuse(404, "gone"))
    api.on("DELETE", POD, lambda call: call.answer(pod()))
    client.delete("pod", "web", "one", with_dependents=True)
    (sent,) = [call.body for call in api.calls if call.method == "DELETE"]
    assert json.loads(sent)["propagationPolicy"] == "Foreground"


def test_delete_gives_a_pod_the_grace_that_it_is_told(api: ApiServer, client: Client) -> None:
    api.on("GET", POD, lambda call: call.answer(pod()))
    api.on("DELETE", POD, lambda call: call.answer(pod()))
    for grace_seconds in (0, 1, None):
        client.delete("pod", "web", "one", wait_seconds=0, grace_seconds=grace_seconds)
    sent = [json.loads(call.body) for call in api.calls if call.method == "DELETE"]
    assert [options.get("gracePeriodSeconds") for options in sent] == [0, 1, None]


@pytest.mark.parametrize("allowed", [True, False])
def test_rights_are_asked_of_the_server(api: ApiServer, client: Client, allowed: bool) -> None:
    reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    api.on("POST", reviews, lambda call: call.answer({"status": {"allowed": allowed}}, 201))
    assert client.is_allowed("get", "pods/log", "one", group="") is allowed
    assert json.loads(api.calls[-1].body)["spec"]["resourceAttributes"] == {
        "verb": "get",
        "group": "",
        "resource": "pods",
        "subresource": "log",
        "namespace": "one",
    }


@pytest.mark.parametrize("allowed", [True, False])
def test_rights_of_others_are_asked_of_the_server(api: ApiServer, client: Client, allowed: bool) -> None:
    reviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    api.on("POST", reviews, lambda call: call.answer({"status": {"allowed": allowed}}, 201))
    assert client.is_allowed("list", "nodes", team="web-team") is allowed
    review = json.loads(api.calls[-1].body)
    assert review["kind"] == "SubjectAccessReview"
    assert review["spec"]["groups"] == ["web-team", "system:authenticated"]
    assert review["spec"]["resourceAttributes"]["namespace"] == ""


def test_a_trial_says_what_an_apply_would_make_and_stores_nothing(api: ApiServer, client: Client) -> None:
    api.on("PATCH", POD, lambda call: call.answer(pod()))
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "one"}}
    client.apply(manifest, is_trial=True)
    client.apply(manifest)
    assert [call.query.get("dryRun") for call in api.calls if call.method == "PATCH"] == ["All", None]


def test_what_is_not_allowed_is_told_apart(api: ApiServer, client: Client) -> None:
    api.on("GET", POD, lambda call: call.refuse(403, "pods is forbidden"))
    with pytest.raises(Forbidden, match="pods is forbidden"):
        client.get("pod", "web", "one")


@pytest.mark.parametrize(("status", "kind"), [(403, Forbidden), (401, Unauthorized)])
def test_what_is_refused_for_good_is_not_waited_for(
    api: ApiServer, client: Client, status: int, kind: type[LabError]
) -> None:
    api.on("GET", POD, lambda call: call.refuse(status, "not you"))
    with pytest.raises(kind, match="not you"):
        wait.until(lambda: client.get("pod", "web", "one"), seconds=120, outcome="appear")
    assert api.count("GET", POD) == 1


def test_no_request_outlasts_the_wait_that_it_is_part_of(
    api: ApiServer, kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.on("GET", POD, lambda call: call.reset() if api.ending.wait(900) else None)
    monkeypatch.setattr("lab_helpers.kube.transport._REQUEST_SECONDS", 900)
    client = Client(kubeconfig, patience_seconds=900)
    began = time.monotonic()
    with pytest.raises(WaitTimeout, match=r"did not appear within 0\.2 s"):
        wait.until(lambda: client.get("pod", "web", "one"), seconds=0.2, outcome="appear")
    assert time.monotonic() - began < 400


def test_one_look_reads_the_same_once(api: ApiServer, client: Client) -> None:
    api.on("GET", POD, lambda call: call.answer(pod()))
    with wait.look(300):
        assert [client.get("pod", "web", "one") for _ in range(3)] == [client.get("po", "web", "one")] * 3
    assert api.count("GET", POD) == 1
    client.get("pod", "web", "one")
    assert api.count("GET", POD) == 2


def test_what_was_changed_in_a_look_is_read_anew(api: ApiServer, client: Client) -> None:
    api.on("GET", POD, lambda call: call.answer(pod()), lambda call: call.answer(pod(version="2")))
    api.on("PATCH", POD, lambda call: call.answer(pod(version="2")))
    with wait.look(300):
        before = client.get("pod", "web", "one")
        client.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "one"}})
        assert client.get("pod", "web", "one") != before


def test_waiting_within_a_look_sees_what_becomes_of_it(api: ApiServer, client: Client) -> None:
    api.on("GET", POD, lambda call: call.answer(pod()), lambda call: call.refuse(404, "gone"))
    with wait.look(300):
        assert client.get("pod", "web", "one") is not None
        wait.until(lambda: client.get("pod", "web", "one") is None, seconds=120, outcome="go away")


def test_where_there_is_no_cluster_any_more_nobody_is_patient(api: ApiServer, kubeconfig: Path) -> None:
    api.on("GET", POD, Call.reset)

    def ended() -> None:
        raise Forbidden("has ended", object="lab a")

    began = time.monotonic()
    with pytest.raises(LabError, match="lab a: has ended"):
        Client(kubeconfig, patience_seconds=900, expect_running=ended).get("pod", "web", "one")
    assert time.monotonic() - began < 400


def test_listed_items_say_what_they_are(api: ApiServer, client: Client) -> None:
    api.on("GET", "/api/v1/namespaces/one/pods", lambda call: call.answer({"items": [{"metadata": {"name": "a"}}]}))
    (item,) = client.list("pods", "one", "app=web")
    assert (item["apiVersion"], item["kind"]) == ("v1", "Pod")
    assert api.calls[-1].query == {"labelSelector": "app=web"}


def test_events_come_oldest_first_and_of_one_object(api: ApiServer, client: Client) -> None:
    def event(reason: str, **times: object) -> dict[str, object]:
        about = {"kind": "Pod", "name": "web"}
        created = {"creationTimestamp": "2026-01-01T00:00:00Z"}
        return {"metadata": created, "reason": reason, "involvedObject": about, "type": "Warning", **times}

    new = event("New", eventTime="2026-01-01T00:00:07.500000Z", series={"lastObservedTime": "2026-01-01T00:00:09Z"})
    old = event("Old", lastTimestamp="2026-01-01T00:00:08Z", count=3)
    api.on("GET", "/api/v1/namespaces/one/events", lambda call: call.answer({"items": [new, old]}))
    first, last = client.events("one", "pod/web")
    assert (first.reason, first.count, last.reason) == ("Old", 3, "New")
    assert last.at - first.at == 1
    assert api.calls[-1].query["fieldSelector"] == "involvedObject.kind=Pod,involvedObject.name=web"


def test_something_else_than_an_api_server_is_said_so(api: ApiServer, client: Client) -> None:
    api.on("GET", POD, lambda call: call.answer(b"<html>"))
    with pytest.raises(LabError, match="not JSON"):
        client.get("pod", "web", "one")


def test_a_missing_kubeconfig_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="cannot be used"):
        Client(tmp_path / "none")


def test_a_private_key_lies_beside_its_kubeconfig_and_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is killed cleans nothing up; what lies there goes with the lab."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    file = write_kubeconfig(tmp_path, 1)
    config = json.loads(file.read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    key = base64.b64encode(b"a private key").decode()
    config["users"][0]["user"] = {"client-key-data": key, "client-certificate-data": key}
    file.write_text(json.dumps(config))
    load_configuration(file)
    assert not list((tmp_path / "temporary").iterdir())
    written = list((tmp_path / "credentials").iterdir())
    assert [file.read_bytes() for file in written] == [b"a private key"]
    assert {file.stat().st_mode & 0o777 for file in written} == {0o600}
