"""Add-on logs: the lines of a pod are there when the pod is gone, its fields can be asked for, and nothing is left."""

from __future__ import annotations

import pytest

from lab_helpers import shell, wait
from lab_helpers.cluster.base import Cluster
from lab_helpers.observe.logs import Count, LogStore
from tests.commands import run_lab

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

_SECONDS = 60.0
_CLUSTER_WIDE = "clusterrole,clusterrolebinding,persistentvolume,namespace"
_POD, _NODE = "kubernetes.pod_name", "kubernetes.pod_node_name"


def _kubectl(cluster: Cluster, *arguments: str) -> str:
    return shell.run(["kubectl", f"--kubeconfig={cluster.kubeconfig}", *arguments], timeout=120).stdout


def _wait_for(store: LogStore, query: str, entries: int) -> None:
    """Wait until a query matches so many entries."""
    wait.until(
        lambda: sum(each.entries for each in store.count(query, _POD)) >= entries,
        seconds=_SECONDS,
        outcome=f"hold {entries} lines",
        object=query,
        last_event=lambda: str(store.count("*", _POD)),
        every=0.5,
    )


def _is_as(cluster: Cluster, before: set[str]) -> bool:
    return set(_kubectl(cluster, "get", _CLUSTER_WIDE, "-o", "name").split()) == before


def test_lines_outlive_their_pod_and_nothing_of_it_is_left(cluster: Cluster) -> None:
    before = set(_kubectl(cluster, "get", _CLUSTER_WIDE, "-o", "name").split())
    for _time in range(2):
        installed = run_lab("addon", "install", "logs", "--name", cluster.name)
        assert installed.returncode == 0, installed.stderr

    dns = ("-n", "kube-system", "-l", "k8s-app=kube-dns")
    pod = _kubectl(cluster, "get", "pods", *dns, "-o", "name").split()[0].removeprefix("pod/")
    lines = len(_kubectl(cluster, "-n", "kube-system", "logs", pod).splitlines())
    _kubectl(cluster, "-n", "kube-system", "delete", "pod", pod)
    store = LogStore(cluster.read)
    query = f'{_POD}:="{pod}"'
    _wait_for(store, query, max(lines, 1))
    assert {each.fields[_NODE] for each in store.count(query, _NODE)} == {f"{cluster.name}-1"}
    own = 'kubernetes.pod_namespace:=kube-system level:=info "started vlagent in"'  # by a field of its line of JSON
    _wait_for(store, own, 1)
    assert store.count(own, "level", "nothing") == [Count({"level": "info", "nothing": ""}, 1)]
    page = _kubectl(
        cluster, "get", "--raw", "/api/v1/namespaces/logging/services/victoria-logs:http/proxy/select/vmui/"
    )
    assert "<title>" in page

    removed = run_lab("addon", "remove", "logs", "--name", cluster.name)
    assert removed.returncode == 0, removed.stderr
    wait.until(  # volumes go when the provisioner has emptied them
        lambda: _is_as(cluster, before),
        seconds=_SECONDS,
        outcome="be as before",
        object="cluster",
        last_event=lambda: _kubectl(cluster, "get", _CLUSTER_WIDE, "-o", "name"),
        every=0.5,
    )
    assert "vlagent" not in _kubectl(cluster, "-n", "kube-system", "get", "daemonset,serviceaccount", "-o", "name")
