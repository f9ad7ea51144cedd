from __future__ import annotations

import re
from typing import Any

import pytest

from lab_helpers.workbook.pictures.picture import topology_picture
from lab_helpers.workbook.pictures.topology_model import Namespace, look
from tests.unit.kube.cluster import FakeClient

REVISION = "deployment.kubernetes.io/revision"


def item(name: str, owner: str = "", **rest: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "ownerReferences": [{"name": owner}] if owner else []}, **rest}


def replicaset(name: str, revision: int, tag: str, pods: int) -> dict[str, Any]:
    item_ = item(name, "web", spec={"template": template(tag)}, status={"replicas": pods})
    item_["metadata"]["annotations"] = {REVISION: str(revision)}
    return item_


def template(tag: str) -> dict[str, Any]:
    return {"spec": {"containers": [{"image": f"ghcr.io/org/web:{tag}"}]}}


def pod(name: str, owner: str, *, ready: bool) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": str(ready)}]
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "cache", "emptyDir": {}}]
    return item(name, owner, spec={"volumes": volumes}, status={"phase": "Running", "conditions": conditions})


@pytest.fixture
def cluster() -> FakeClient:
    cluster = FakeClient({("namespace", "one"): item("one")})
    behind = item("web-x", endpoints=[endpoint("web-2-a", True), endpoint("web-2-b", False)])
    behind["metadata"]["labels"] = {"kubernetes.io/service-name": "web"}
    cluster.lists = {
        "deployment": [item("web", spec={"replicas": 2}, status={"readyReplicas": 1})],
        "replicaset": [replicaset("web-1", 1, "v1.0.0", 0), replicaset("web-2", 2, "v1.1.0", 2)],
        "pod": [pod("web-2-a", "web-2", ready=True), pod("web-2-b", "web-2", ready=False)],
        "service": [item("web")],
        "endpointslice": [behind, item("other-x", endpoints=[endpoint("web-9", True)])],
        "pvc": [item("data", spec={"volumeName": "pvc-1"}, status={"phase": "Bound", "capacity": {"storage": "1Gi"}})],
        "configmap": [item("settings", data={"LEVEL": "debug"}), item("kube-root-ca.crt")],
        "secret": [item("ghcr-secret", data={"password": "aHVzaA=="})],
    }
    return cluster


def endpoint(name: str, ready: bool) -> dict[str, Any]:
    return {"targetRef": {"name": name}, "conditions": {"ready": ready}}


def test_it_tells_what_holds_objects_together(cluster: FakeClient) -> None:
    rows = [" ".join(line.split()) for line in topology_picture([look(cluster.client, "one")]).text.splitlines()[1:]]
    assert rows == [
        "Deployment web 1 of 2 Ready",
        "ReplicaSet web-2 revision 2, v1.1.0 web",
        "ReplicaSet web-1 rev. 1, v1.0.0, kept web",
        "Pod web-2-a ● Ready web-2",
        "Pod web-2-b ◐ running, not Ready web-2",
        "Service web 1 of 2 pods ready sends to web-2-a",
        "Claim data Bound, 1Gi mounted by web-2-a, web-2-b",
        "Volume pvc-1 1Gi data",
    ]


def test_the_picture_has_a_line_for_each_of_them(cluster: FakeClient) -> None:
    svg = topology_picture([look(cluster.client, "one")]).svg
    # Two revisions of the Deployment, two pods, two mounts, one volume; one pod gets requests and one does not.
    assert [svg.count(f'class="{look}"') for look in ("link", "sends", "broken")] == [7, 1, 1]


def test_no_arrow_lies_on_a_line(cluster: FakeClient) -> None:
    svg = topology_picture([look(cluster.client, "one")]).svg
    lanes = {
        look: set(re.findall(rf'class="{look}" d="M[\d. ]+H([\d.]+)V', svg)) for look in ("link", "sends", "broken")
    }
    assert all(lanes.values())
    assert not lanes["link"] & (lanes["sends"] | lanes["broken"])
    assert not lanes["sends"] & lanes["broken"]


def test_of_secrets_and_settings_it_has_only_the_names(cluster: FakeClient) -> None:
    picture = topology_picture([look(cluster.client, "one")])
    shown = picture.svg + picture.text + picture.title
    assert ">Secrets, names only: ghcr-secret</text>" in shown
    assert ">ConfigMaps: settings</text>" in shown
    assert not [secret for secret in ("aHVzaA", "debug", "LEVEL", "password", "root-ca") if secret in shown]


def test_a_namespace_that_is_not_there_is_shown_only_when_none_is(cluster: FakeClient) -> None:
    gone = look(cluster.client, "two")
    assert not gone.is_there
    assert ">not there</text>" in topology_picture([gone]).svg
    assert "two" not in topology_picture([look(cluster.client, "one"), gone]).svg


def test_an_empty_namespace_says_so() -> None:
    assert ">nothing runs here</text>" in topology_picture([Namespace("one", is_there=True)]).svg
