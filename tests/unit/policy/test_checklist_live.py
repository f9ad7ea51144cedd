"""`lab checklist` judges a cluster by what it says; what a user may not see is open."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lab_helpers import checkout
from lab_helpers.cli.main import app
from lab_helpers.errors import Forbidden, LabError
from lab_helpers.policy.checklists import OF_CLUSTERS, LiveCluster, State, Verdict

Object = dict[str, Any]
Change = Callable[[dict[str, list[Object]]], None]


class RecordedCluster(LiveCluster):
    """What a cluster once answered, by kind."""

    def __init__(self, objects: dict[str, list[Object]]) -> None:
        super().__init__(context="recorded", repository=checkout.infra_directory())
        self._objects = objects
        self.forbidden: set[str] = set()
        self.answers = {
            "version": json.dumps({side: {"gitVersion": "v1.37.2"} for side in ("clientVersion", "serverVersion")}),
            "auth": "yes\n",
            "logs": "one\ntwo\n",
        }

    def ask(self, *arguments: str) -> str:
        if arguments[0] != "get":
            return self.answers[arguments[0]]
        if arguments[1] == "--raw":
            return self.answers.get(arguments[2].partition("?")[0], "")
        kind, namespace = arguments[1], arguments[3] if arguments[2] == "--namespace" else ""
        if kind in self.forbidden:
            raise Forbidden("may not be seen", object="recorded", last_event=f"cannot list {kind}")
        items = [
            each for each in self._objects.get(kind, []) if namespace in ("", each["metadata"].get("namespace", ""))
        ]
        return json.dumps({"items": items})


def _object(kind: str, name: str, namespace: str = "shop", **content: Any) -> Object:
    metadata = {"name": name, "generation": 1, **({"namespace": namespace} if namespace else {})}
    return {"kind": kind, "metadata": {**metadata, **content.pop("metadata", {})}, **content}


_PROBE = {"httpGet": {"path": "/health", "port": 80}}
_READY = [{"type": "Ready", "status": "True"}]
_APPLIED = {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}
_AUTH = base64.b64encode(json.dumps({"auths": {"ghcr.io": {"auth": base64.b64encode(b"me:token").decode()}}}).encode())
_BACKEND = {"service": {"name": "web", "port": {"number": 80}}}
_RESOURCES = {"requests": {"cpu": "20m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}}
_CONTAINER = {"name": "web", "readinessProbe": _PROBE, "livenessProbe": _PROBE, "resources": _RESOURCES}
_LAST_BACKUP = f"k3s-{datetime.now(UTC) - timedelta(hours=3):%Y%m%dT%H%M%SZ}.tar.age"
_ALERT = {"alert": "Down", "annotations": {"runbook_url": "https://example.com/down"}}
_OBJECTS: dict[str, list[Object]] = {
    "namespaces": [
        _object("Namespace", "shop", "", metadata={"labels": {"environment": "staging"}}),
        _object("Namespace", "other", ""),
        _object("Namespace", "kube-system", "", metadata={"annotations": {"backup/last": _LAST_BACKUP}}),
    ],
    "nodes": [
        _object("Node", "n1", "", status={"conditions": _READY, "nodeInfo": {"kubeletVersion": "v1.37.2"}}),
        _object("Node", "n2", "", status={"conditions": _READY, "nodeInfo": {"kubeletVersion": "v1.37.2"}}),
    ],
    "secrets": [
        _object(
            "Secret",
            "ghcr-secret",
            type="kubernetes.io/dockerconfigjson",
            data={".dockerconfigjson": _AUTH.decode()},
        ),
        _object("Secret", "web-tls", type="kubernetes.io/tls"),
    ],
    "storageclasses": [_object("StorageClass", "local-path", "", provisioner="rancher.io/local-path")],
    "ingressclasses": [_object("IngressClass", "traefik", "", spec={"controller": "traefik.io/ingress-controller"})],
    "deployments": [
        _object(
            "Deployment",
            "web",
            metadata=_APPLIED,
            spec={"replicas": 2, "template": {"spec": {"containers": [_CONTAINER]}}},
            status={"observedGeneration": 1, "readyReplicas": 2, "updatedReplicas": 2},
        ),
        _object("Deployment", "theirs", "other", spec={"replicas": 1, "template": {"spec": {"containers": [{}]}}}),
    ],
    "pods": [
        _object(
            "Pod",
            "web-1",
            spec={
                "imagePullSecrets": [{"name": "ghcr-secret"}],
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "web-data-pvc"}}, {"name": "tmp"}],
            },
            status={"phase": "Running", "conditions": _READY, "containerStatuses": [{"restartCount": 0}]},
        ),
        _object("Pod", "report-1", spec={}, status={"phase": "Succeeded"}),
    ],
    "services": [
        _object("Service", "web", spec={"selector": {"app": "web"}, "ports": [{"port": 80}]}),
        _object(
            "Service",
            "prometheus",
            "monitoring",
            metadata={"labels": {"app.kubernetes.io/name": "prometheus"}},
            spec={"selector": {"app": "prometheus"}, "ports": [{"port": 9090}]},
        ),
        _object("Service", "alertmanager", "monitoring", spec={"ports": [{"port": 9093}]}),
    ],
    "endpointslices": [
        _object(
            "EndpointSlice",
            "web-abc",
            metadata={"labels": {"kubernetes.io/service-name": "web"}},
            endpoints=[{"conditions": {"ready": True}}],
        )
    ],
    "persistentvolumeclaims": [
        _object(
            "PersistentVolumeClaim",
            "web-data-pvc",
            spec={"storageClassName": "local-path"},
            status={"phase": "Bound"},
        )
    ],
    "ingresses": [
        _object(
            "Ingress",
            "web",
            spec={
                "rules": [{"host": "a.example.com", "http": {"paths": [{"path": "/", "backend": _BACKEND}]}}],
                "tls": [{"hosts": ["a.example.com"], "secretName": "web-tls"}],
            },
            status={"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}},
        )
    ],
    "prometheusrules": [_object("PrometheusRule", "web", spec={"groups": [{"rules": [_ALERT, {"record": "sum"}]}]})],
    "daemonsets": [
        _object(
            "DaemonSet",
            "collector",
            "kube-system",
            spec={"template": {"spec": {"volumes": [{"name": "logs", "hostPath": {"path": "/var/log/pods"}}]}}},
            status={"numberReady": 2, "desiredNumberScheduled": 2},
        )
    ],
    "horizontalpodautoscalers": [
        _object("HorizontalPodAutoscaler", "web", status={"conditions": [{"type": "ScalingActive", "status": "True"}]})
    ],
    "poddisruptionbudgets": [_object("PodDisruptionBudget", "web", status={"disruptionsAllowed": 1})],
    "applications.argoproj.io": [_object("Application", "web", "argocd", status={"sync": {"status": "Synced"}})],
    "networkpolicies": [
        _object("NetworkPolicy", "deny", spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}),
        _object(
            "NetworkPolicy",
            "dns",
            spec={"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": 53}]}]},
        ),
    ],
}
_ALERTMANAGER = "/api/v1/namespaces/monitoring/services/alertmanager:9093/proxy/api/v2/status"
_TARGETS = "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/targets"


def _cluster(change: Change | None = None) -> RecordedCluster:
    objects = copy.deepcopy(_OBJECTS)
    if change is not None:
        change(objects)
    cluster = RecordedCluster(objects)
    targets = {"activeTargets": [{"health": "up", "labels": {"namespace": "shop"}}]}
    cluster.answers[_TARGETS] = json.dumps({"data": targets})
    cluster.answers[_ALERTMANAGER] = _configured("receivers: [{name: team, webhook_configs: [{url: http://team}]}]")
    return cluster


def _configured(configuration: str) -> str:
    """What Alertmanager answers of its configuration."""
    return json.dumps({"config": {"original": configuration}})


def _verdicts(name: str, cluster: LiveCluster) -> dict[str, Verdict]:
    return {verdict.box: verdict for verdict in OF_CLUSTERS[name].judge(cluster)}


def _open(name: str, cluster: LiveCluster) -> set[str]:
    verdicts = _verdicts(name, cluster)
    points = [point for verdict in verdicts.values() for point in verdict.points if point.state is State.OPEN]
    assert all(point.next_step for point in points)
    return {box for box, verdict in verdicts.items() if verdict.state is State.OPEN}


@pytest.mark.parametrize("name", OF_CLUSTERS)
def test_a_cluster_as_it_should_be_has_every_box_ticked(name: str) -> None:
    assert {verdict.state for verdict in _verdicts(name, _cluster()).values()} == {State.TICKED}


def _set(kind: str, path: str, value: Any, index: int = 0) -> Change:
    def change(objects: dict[str, list[Object]]) -> None:
        place: Any = objects[kind][index]
        *above, last = path.split("/")
        for key in above:
            place = place[int(key) if key.isdigit() else key]
        place[last.replace("~", "/")] = value

    return change


def _without(*kinds: str) -> Change:
    return lambda objects: objects.update({kind: [] for kind in kinds})


def _config(content: Any) -> str:
    return base64.b64encode(json.dumps(content).encode()).decode()


@pytest.mark.parametrize(
    ("name", "change", "box"),
    [
        ("cluster", _set("nodes", "status/conditions/0/status", "False", 1), "kubernetes"),
        ("cluster", _set("secrets", "type", "Opaque"), "pull-secret"),
        ("cluster", _set("secrets", "data/.dockerconfigjson", "not base64"), "pull-secret"),
        ("cluster", _set("secrets", "data/.dockerconfigjson", _config({"auths": {}})), "pull-secret"),
        ("cluster", _set("secrets", "data/.dockerconfigjson", _config({"auths": {"ghcr.io": {}}})), "pull-secret"),
        (
            "cluster",
            _set("secrets", "data/.dockerconfigjson", _config({"auths": {"ghcr.io": {"auth": "bWU="}}})),
            "pull-secret",
        ),
        ("cluster", _set("secrets", "metadata/namespace", "other"), "pull-secret"),
        (
            "cluster",
            _set("pods", "status/containerStatuses/0/state", {"waiting": {"reason": "ImagePullBackOff"}}),
            "pull-secret",
        ),
        ("cluster", _without("storageclasses"), "storage"),
        ("cluster", _set("persistentvolumeclaims", "status/phase", "Pending"), "storage"),
        ("first-deploy", _set("deployments", "metadata/annotations", {}), "applied"),
        ("first-deploy", _set("deployments", "status/readyReplicas", 1), "rollout"),
        ("first-deploy", _set("deployments", "status/updatedReplicas", 1), "rollout"),
        ("first-deploy", _set("deployments", "metadata/generation", 2), "rollout"),
        ("first-deploy", _set("pods", "status/conditions/0/status", "False"), "objects"),
        ("first-deploy", _set("endpointslices", "endpoints/0/conditions/ready", False), "objects"),
        ("first-deploy", _set("endpointslices", "endpoints", None), "objects"),
        ("first-deploy", _set("persistentvolumeclaims", "status/phase", "Pending"), "objects"),
        ("first-deploy", _set("deployments", "spec/template/spec/containers/0/livenessProbe", None), "health"),
        ("first-deploy", _set("deployments", "spec/template/spec/containers", [{"name": "web"}]), "health"),
        ("first-deploy", _set("pods", "status/containerStatuses/0/restartCount", 3), "health"),
        ("first-deploy", _set("ingresses", "status", {}), "ingress"),
        ("first-deploy", _set("services", "metadata/labels", {}, 1), "monitoring"),
        ("expand", _set("ingresses", "status", {}), "traffic"),
        ("expand", _set("services", "spec/ports", [{"port": 8080}]), "traffic"),
        ("expand", _set("services", "metadata/namespace", "other"), "traffic"),
        ("expand", _set("ingresses", "spec/tls", []), "encryption"),
        ("expand", _set("ingresses", "spec/tls/0/hosts", ["b.example.com"]), "encryption"),
        ("expand", _set("secrets", "metadata/namespace", "default", 1), "encryption"),
        ("expand", _set("networkpolicies", "metadata/namespace", "other"), "isolation"),
        ("expand", _set("networkpolicies", "spec/podSelector", {"matchLabels": {"app": "web"}}), "isolation"),
        ("expand", _set("networkpolicies", "spec/policyTypes", ["Ingress"]), "isolation"),
        ("expand", _set("networkpolicies", "spec/ingress", [{}]), "isolation"),
        ("operate", _set("namespaces", "metadata/annotations", {}, 2), "backup"),
        (
            "operate",
            _set("namespaces", "metadata/annotations/backup~last", "k3s-20260101T000000Z.tar.age", 2),
            "backup",
        ),
        ("operate", _set("namespaces", "metadata/annotations/backup~last", _LAST_BACKUP[:-4], 2), "backup"),
        ("operate", _set("deployments", "spec/revisionHistoryLimit", 0), "way-back"),
        ("operate", _without("prometheusrules"), "alerts"),
        ("operate", _set("prometheusrules", "spec/groups/0/rules/0/annotations", {}), "alerts"),
        ("operate", _set("services", "spec/ports", [{"port": 80}], 2), "alerts"),
        ("operate", _without("daemonsets"), "logs"),
        ("operate", _set("daemonsets", "status/numberReady", 1), "logs"),
        ("operate", _set("daemonsets", "spec/template/spec/volumes/0/hostPath/path", "/etc/other"), "logs"),
        ("operate", _set("deployments", "spec/template/spec/containers/0/resources", None), "resources"),
        (
            "operate",
            _set("deployments", "spec/template/spec/containers/0/resources/requests", {"cpu": "1"}),
            "resources",
        ),
        ("operate", _set("horizontalpodautoscalers", "status/conditions/0/status", "False"), "scaling"),
        ("operate", _set("poddisruptionbudgets", "status/disruptionsAllowed", 0), "disruptions"),
        ("operate", _set("applications.argoproj.io", "status/sync/status", "OutOfSync"), "gitops"),
    ],
)
def test_what_is_not_so_is_open(name: str, change: Change, box: str) -> None:
    assert _open(name, _cluster(change)) == {box}


def test_a_cluster_on_which_nothing_was_deployed_has_nothing_ticked() -> None:
    kinds = ("deployments", "pods", "services", "endpointslices", "persistentvolumeclaims")
    assert _open("first-deploy", _cluster(_without(*kinds))) == {
        *("applied", "rollout", "objects", "health", "monitoring")
    }


def test_a_claim_that_nothing_has_asked_for_yet_may_wait() -> None:
    waiting = _object("PersistentVolumeClaim", "reports", spec={}, status={"phase": "Pending"})
    assert _open("first-deploy", _cluster(lambda objects: objects["persistentvolumeclaims"].append(waiting))) == set()


def test_a_target_that_is_down_is_no_monitoring() -> None:
    cluster = _cluster()
    cluster.answers[_TARGETS] = cluster.answers[_TARGETS].replace('"up"', '"down"')
    assert _open("first-deploy", cluster) == {"monitoring"}


@pytest.mark.parametrize("receivers", ["[{name: nobody}]", "[{name: team, webhook_configs: []}]", "[", ""])
def test_an_alertmanager_that_tells_nobody_is_open(receivers: str) -> None:
    cluster = _cluster()
    cluster.answers[_ALERTMANAGER] = _configured(f"receivers: {receivers}")
    assert _open("operate", cluster) == {"alerts"}


def test_the_way_back_is_written_down_or_open(tmp_path: Path) -> None:
    cluster = _cluster()
    (place,) = (
        each.place for each in _verdicts("operate", cluster)["way-back"].points if each.place and each.place.line
    )
    assert (checkout.infra_directory() / place.file).suffix == ".md"
    for repository in (None, tmp_path):
        cluster.repository = repository
        assert _open("operate", cluster) == {"way-back"}


def test_what_is_optional_and_not_there_is_not_needed() -> None:
    cluster = _cluster(lambda objects: objects.update(nodes=objects["nodes"][:1], ingressclasses=[], ingresses=[]))
    assert _verdicts("cluster", cluster)["workers"].state is State.NOT_NEEDED
    assert _verdicts("cluster", cluster)["ingress"].state is State.NOT_NEEDED
    assert _verdicts("first-deploy", cluster)["ingress"].state is State.NOT_NEEDED


def test_what_a_user_may_not_see_is_open_and_says_whom_to_ask() -> None:
    cluster = _cluster()
    cluster.forbidden = {"nodes", "storageclasses"}
    verdicts = _verdicts("cluster", cluster)
    assert _open("cluster", cluster) == {"kubernetes", "storage", "workers"}
    assert "cannot list nodes" in verdicts["kubernetes"].points[1].next_step


@pytest.mark.parametrize(("client", "is_open"), [("v1.36.9", False), ("v1.35.0", True), ("v1.39.0", True)])
def test_an_old_kubectl_is_open(client: str, is_open: bool) -> None:
    cluster = _cluster()
    sides = {"clientVersion": {"gitVersion": client}, "serverVersion": {"gitVersion": "v1.37.2+k3s1"}}
    cluster.answers["version"] = json.dumps(sides)
    assert ("kubectl" in _open("cluster", cluster)) is is_open


def test_who_may_not_deploy_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    cluster = _cluster()
    cluster.answers["auth"] = "no\n"
    assert _open("cluster", cluster) == {"kubectl"}


def test_no_credential_is_in_what_is_said() -> None:
    texts = [str(point) for verdict in _verdicts("cluster", _cluster()).values() for point in verdict.points]
    assert not [text for text in texts if "token" in text or _AUTH.decode() in text]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cluster", "infra"], "is about a cluster"),
        (["cluster", "--context", "no-such-context"], "no-such-context"),
        (["first-deploy", "--name", "no-such-lab"], "no-such-lab"),
    ],
)
def test_misuse_is_exit_code_2(arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_NAME", raising=False)
    result = CliRunner().invoke(app, ["checklist", *arguments])
    assert isinstance(result.exception, LabError)
    assert result.exception.exit_code == 2
    assert words in str(result.exception)
