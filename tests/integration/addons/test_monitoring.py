"""Add-on monitoring scrapes a cluster, an alert of it arrives and is resolved, and nothing of it is left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import yaml

from lab_helpers import checkout, shell, wait
from lab_helpers.cluster.base import Cluster
from lab_helpers.observe.monitoring import Monitoring
from lab_helpers.observe.outside import ask
from tests.commands import run_lab

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

_SECONDS = 60.0
_MONITORING = checkout.infra_directory() / "_shared" / "monitoring"
_ANNOTATIONS = {"summary": "An alert to try the way it takes.", "runbook_url": "https://example.com/runbooks/tried"}
_CLUSTER_WIDE = "apiservice,crd,clusterrole,clusterrolebinding,persistentvolume,namespace"


def _kubectl(cluster: Cluster, *arguments: str) -> str:
    return shell.run(["kubectl", f"--kubeconfig={cluster.kubeconfig}", *arguments], timeout=120).stdout


def _rule(expression: str) -> dict[str, Any]:
    """A rule that is nobody's but this test's."""
    alert = {"alert": "Tried", "expr": expression, "annotations": _ANNOTATIONS}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "tried", "namespace": "default", "labels": {"release": "kube-prometheus-stack"}},
        "spec": {"groups": [{"name": "tried", "rules": [alert]}]},
    }


def _dashboard_queries() -> Iterator[str]:
    for file in sorted((_MONITORING / "dashboards").glob("*.yaml")):
        for text in yaml.safe_load(file.read_text(encoding="utf-8"))["data"].values():
            for panel in json.loads(text)["panels"]:
                yield from (target["expr"] for target in panel["targets"])


def _prove_that_it_takes_the_repository(cluster: Cluster, monitoring: Monitoring) -> None:
    """Prometheus loads every rule of the Deploy repository, evaluates it, and answers each query of its dashboards."""
    for namespace in ("prj-01", "prj-02", "prj-04"):
        _kubectl(cluster, "create", "namespace", namespace)
    for directory in (_MONITORING, _MONITORING / "stack"):
        _kubectl(cluster, "apply", "-k", str(directory))
    files = [*(_MONITORING / "rules").glob("*.yaml"), _MONITORING / "stack" / "rules.yaml"]
    groups = [group for file in files for group in yaml.safe_load(file.read_text(encoding="utf-8"))["spec"]["groups"]]
    alerts = sorted(rule["alert"] for group in groups for rule in group["rules"])
    wait.until(
        lambda: sorted(rule.name for rule in monitoring.rules() if rule.health == "ok") == alerts,
        seconds=_SECONDS,
        outcome="be evaluated",
        object="rules",
        last_event=lambda: str(monitoring.rules()),
        every=0.5,
    )
    queries = list(_dashboard_queries())
    assert len(queries) >= 12
    for query in queries:
        monitoring.query(query)  # an error of its own where it cannot be parsed
    assert monitoring.query('sum by (namespace) (rate(prober_probe_total{namespace="monitoring"}[1m]))')


def _wait_arrived(monitoring: Monitoring, *statuses: str) -> None:
    """Wait until what has arrived of the alert are these, in this order."""
    wait.until(
        lambda: tuple(each.status for each in monitoring.notifications() if each.name == "Tried") == statuses,
        seconds=_SECONDS,
        outcome=f"arrive: {', '.join(statuses)}",
        object="alert Tried",
        last_event=lambda: str(monitoring.query('ALERTS{alertname="Tried"}')),
        every=0.5,
    )


def _is_answered(address: str, status: int) -> bool:
    return ask("https://monitoring.example.com/-/ready", address).status == status


def _prove_that_a_host_leads_to_its_pages(cluster: Cluster) -> None:
    """The Ingress of the Deploy repository leads to Prometheus, and what is taken away answers nobody."""
    assert cluster.entry is not None
    address = cluster.entry.https
    directory = str(_MONITORING / "ingress")
    installed = run_lab("addon", "install", "traefik", "--name", cluster.name)
    assert installed.returncode == 0, installed.stderr
    for command, status in (("apply", 200), ("delete", 404)):
        _kubectl(cluster, command, "-k", directory)
        wait.until(
            partial(_is_answered, address, status),
            seconds=_SECONDS,
            outcome=f"be answered by {status}",
            object="monitoring.example.com",
            every=0.5,
        )
    removed = run_lab("addon", "remove", "traefik", "--name", cluster.name)
    assert removed.returncode == 0, removed.stderr


def test_an_alert_arrives_and_is_resolved_and_nothing_of_it_is_left(cluster: Cluster) -> None:
    from lab_helpers.kube.client import Client

    before = set(_kubectl(cluster, "get", _CLUSTER_WIDE, "-o", "name").split())
    for _time in range(2):
        installed = run_lab("addon", "install", "monitoring", "--name", cluster.name)
        assert installed.returncode == 0, installed.stderr
    monitoring, client = Monitoring(cluster.read), Client(cluster.kubeconfig)
    wait.until(
        lambda: (
            sorted(each.labels["job"] for each in monitoring.targets() if each.is_up)
            == ["apiserver", "kube-controller-manager", "kubelet", "kubelet", "kubelet"]
        ),
        seconds=_SECONDS,
        outcome="be up",
        object="targets",
        last_event=lambda: str(monitoring.targets()),
        every=0.5,
    )
    assert monitoring.query('container_memory_working_set_bytes{pod="prometheus-lab-0"} > 0')
    claims = _kubectl(cluster, "-n", "monitoring", "get", "pvc", "-o", "jsonpath={..status.phase}").split()
    assert claims == ["Bound", "Bound"]

    _prove_that_it_takes_the_repository(cluster, monitoring)
    _prove_that_a_host_leads_to_its_pages(cluster)
    client.apply(_rule("vector(1)"))
    _wait_arrived(monitoring, "firing")
    arrived = next(each for each in monitoring.notifications() if each.name == "Tried")
    assert [arrived.summary, arrived.runbook] == list(_ANNOTATIONS.values())
    client.apply(_rule("vector(1) > 1"))
    _wait_arrived(monitoring, "firing", "resolved")
    assert '"alert":"Tried"' in _kubectl(cluster, "-n", "monitoring", "logs", "deployment/alert-receiver")

    _kubectl(cluster, "delete", "namespace", "prj-01", "prj-02", "prj-04")
    removed = run_lab("addon", "remove", "monitoring", "--name", cluster.name)
    assert removed.returncode == 0, removed.stderr
    wait.until(  # volumes go when the provisioner has emptied them
        lambda: set(_kubectl(cluster, "get", _CLUSTER_WIDE, "-o", "name").split()) == before,
        seconds=_SECONDS,
        outcome="be as before",
        object="cluster",
        last_event=lambda: str(set(_kubectl(cluster, "get", _CLUSTER_WIDE, "-o", "name").split()) ^ before),
        every=0.5,
    )
    assert "kubelet" not in _kubectl(cluster, "-n", "kube-system", "get", "service,endpointslice", "-o", "name")
