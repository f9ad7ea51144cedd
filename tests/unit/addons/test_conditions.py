"""When an add-on works, as one object of the cluster tells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab_helpers.addons import installing
from lab_helpers.addons.conditions import AGGREGATION, available, established, served, wait_for
from lab_helpers.addons.contract import Addon
from lab_helpers.errors import LabError, WaitTimeout
from tests.unit.addons.conftest import Object, ObjectServer, ToyCluster

_DEPLOYMENT = {"observedGeneration": 2, "updatedReplicas": 2, "availableReplicas": 2}
_DAEMON_SET = {
    "observedGeneration": 2,
    "desiredNumberScheduled": 2,
    "updatedNumberScheduled": 2,
    "numberAvailable": 2,
}


@pytest.mark.parametrize(("kind", "status"), [("deployment", _DEPLOYMENT), ("daemonset", _DAEMON_SET)])
def test_a_workload_is_available_when_all_pods_of_its_newest_template_are(kind: str, status: Object) -> None:
    is_met = available(kind, "web", "toys").is_met
    workload: Object = {"metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": status}
    assert is_met(workload)
    for field in status:
        assert not is_met({**workload, "status": {**status, field: 1}}), field
    assert not is_met({**workload, "status": {}})


def test_what_is_not_there_does_not_hold(cluster: ToyCluster, server: ObjectServer) -> None:
    api = served("toys.example.com/v1")
    assert not api.holds(cluster)
    server.objects[api.path] = {"resources": [{"name": "toys"}]}
    assert api.holds(cluster)


def test_a_definition_that_nobody_has_looked_at_is_not_established() -> None:
    assert not established("toys.example.com").is_met({"status": {"conditions": None}})


def test_a_definition_that_was_refused_is_not_established() -> None:
    is_met = established("toys.example.com").is_met
    assert is_met({"status": {"conditions": [{"type": "Established", "status": "True"}]}})
    assert not is_met({"status": {"conditions": [{"type": "Established", "status": "False"}]}})
    assert not is_met({})


def test_time_that_ran_out_names_what_is_not_ready_and_where_to_look(cluster: ToyCluster) -> None:
    with pytest.raises(WaitTimeout, match="deployment/web: did not become ready") as failure:
        wait_for([available("deployment", "web", "toys")], cluster, 0.1)
    assert failure.value.next_step == f"export KUBECONFIG={cluster.kubeconfig}; kubectl -n toys get pods"


def test_a_cluster_without_what_an_add_on_needs_is_told_so(
    throw_away: Addon, cluster: ToyCluster, server: ObjectServer
) -> None:
    demanding = replace(throw_away, needs=(AGGREGATION,))
    with pytest.raises(LabError, match="needs what this cluster lacks: API aggregation layer"):
        installing.install(demanding, cluster, lambda _line: None)
    assert server.applied == []
    server.objects[AGGREGATION.path] = {"data": {"requestheader-client-ca-file": "a certificate"}}
    installing.install(demanding, cluster, lambda _line: None)
