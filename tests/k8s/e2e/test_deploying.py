"""All of the Deploy repository on a real cluster: it comes up by one apply, works together, and loses nothing.

One cluster for all of it: the tests stand in the order in which they go on from one another.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass

import pytest

from lab_helpers import wait
from lab_helpers.errors import CommandFailed
from tests.k8s.e2e.deployed import Deployed
from tests.k8s.e2e.reaching import NAMESPACES, Client

pytestmark = pytest.mark.cluster

_SECONDS = 90.0
_NONCE = uuid.uuid4().hex
# How many there are, how many there would be without a gap, and the first: the feed gives one a second.
_READINGS = "SELECT count(*), round(extract(epoch FROM max(at) - min(at))) + 1, min(at) FROM readings.reading"
_REPORT = 'SELECT "window", md5(body) FROM reports.report'
_NOTE = "/app/data/nonce"


@dataclass
class Baseline:
    """What has to be there as long as its volumes are, from the moment when it was first seen."""

    first: str = ""
    count: int = 0
    report: tuple[str, ...] = ()


@pytest.fixture(scope="module")
def deployed(lab_name: str, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    return Deployed(lab_name, tmp_path_factory.mktemp("deploy"))


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    return Baseline()


def test_staging_comes_up_by_one_apply_after_which_another_would_change_nothing(deployed: Deployed) -> None:
    deployed.deploy("staging")
    assert len(deployed.workloads()) == 6
    assert deployed.difference("staging") == ""


@pytest.mark.parametrize("application", ["prj-01", "prj-04"])
def test_a_start_of_an_application_compiles_no_library(deployed: Deployed, application: str) -> None:
    script = "python3 -v -c 'import redis' 2>&1"
    imports = deployed.kubectl("-n", application, "exec", f"deployment/{application}", "--", "sh", "-c", script)
    files = re.findall(r"^# code object from '?(/\S+-packages/redis/[^\s']+)", imports, re.MULTILINE)
    assert {file.rpartition(".")[2] for file in files} == {"pyc"}


def test_readings_flow_from_the_feed_to_whoever_asks_for_them(deployed: Deployed, baseline: Baseline) -> None:
    baseline.count, baseline.first = _readings(deployed, more_than=7000)
    latest = json.loads(deployed.fetch("/readings?sensor=boiler&limit=3"))["readings"]
    assert [set(reading) for reading in latest] == [{"at", "value"}] * 3


def test_alerts_are_raised_for_what_the_broker_hands_on(deployed: Deployed) -> None:
    _wait_alerts_raised(deployed)
    (alerts,) = deployed.query("SELECT count(*) FROM alerts.alert")
    assert int(alerts) > 50


def test_a_job_stores_the_report_of_the_hour_before(deployed: Deployed, baseline: Baseline) -> None:
    deployed.kubectl("-n", "prj-03", "create", "job", "--from=cronjob/prj-03", "by-hand")
    deployed.kubectl("-n", "prj-03", "wait", "job/by-hand", "--for=condition=Complete", f"--timeout={_SECONDS:g}s")
    baseline.report = deployed.query(_REPORT)
    assert deployed.query("SELECT body::json -> 'readings' FROM reports.report") == ("3600",), "one a second"
    deployed.kubectl("-n", "prj-02", "exec", "deployment/prj-02", "--", "sh", "-c", f"echo {_NONCE} >{_NOTE}")


def test_network_policies_let_in_who_is_named_and_nobody_else(deployed: Deployed) -> None:
    clients = {namespace: Client(deployed, namespace) for namespace in NAMESPACES}
    for client in clients.values():
        client.start()
    for client in clients.values():
        client.wait_started()
    dns, api = "kube-dns.kube-system:53", "kubernetes.default:443"
    feed, db, collector = "feed.prj-01:80", "db.prj-01:5432", "prj-01.prj-01:80"
    web, alerts, broker = "prj-02.prj-02:80", "prj-04.prj-04:80", "broker.prj-04:6379"
    everything = (dns, api, feed, db, collector, web, alerts, broker)
    reached = {
        name: client.reaches(*everything)
        for name, client in {
            **clients,
            **{name: Client(deployed, name) for name in ("prj-01", "prj-02", "prj-04")},
        }.items()
    }
    assert reached == {
        "lab-probe": {dns, api, web},
        "monitoring": {dns, api, feed, collector, web, alerts},
        "stranger": {dns, api},
        "prj-01": {dns, feed, db, collector, broker},
        "prj-02": {dns, db, web},
        "prj-04": {dns, db, alerts, broker},
    }


def test_it_is_the_policies_that_keep_a_stranger_out(deployed: Deployed) -> None:
    stranger, feed = Client(deployed, "stranger"), "feed.prj-01:80"
    deployed.kubectl("-n", "prj-01", "delete", "networkpolicy", "--all")
    wait.until(lambda: stranger.reaches(feed), seconds=30, outcome="be reached", object=feed)
    deployed.kubectl("apply", "-k", deployed.overlay("staging"))
    wait.until(lambda: not stranger.reaches(feed), seconds=30, outcome="be shut again", object=feed)


def test_pods_that_are_deleted_take_nothing_along(deployed: Deployed, baseline: Baseline) -> None:
    before = deployed.restarts()
    deployed.kubectl("-n", "prj-04", "delete", "pod", "-l", "app=prj-04", "--grace-period=0", "--force")
    for namespace, app in (("prj-01", "postgresql"), ("prj-04", "redis"), ("prj-02", "prj-02"), ("prj-01", "feed")):
        deployed.kubectl("-n", namespace, "delete", "pod", "-l", f"app={app}")
    deployed.wait_ready()
    _expect_nothing_lost(deployed, baseline)
    _wait_alerts_raised(deployed)
    after = deployed.restarts()
    collector = [name for name in before if name.startswith("prj-01-")]
    assert [after[name] for name in collector] == [before[name] for name in collector], "liveness asks no database"


def test_a_bad_release_and_the_way_back_take_nothing_along(deployed: Deployed, baseline: Baseline) -> None:
    file = deployed.overlay("staging") / "prj-02/kustomization.yaml"
    good = file.read_text()
    file.write_text(re.sub(r"newTag: .*", "newTag: v1.2.0", good))
    deployed.kubectl("apply", "-k", deployed.overlay("staging"))
    with pytest.raises(CommandFailed, match="exceeded its progress deadline"):
        deployed.kubectl("-n", "prj-02", "rollout", "status", "deployment/prj-02")
    deployed.kubectl("-n", "prj-02", "rollout", "undo", "deployment/prj-02")
    file.write_text(good)
    deployed.wait_ready()
    _expect_nothing_lost(deployed, baseline)


def test_a_node_that_is_started_again_has_lost_nothing(deployed: Deployed, baseline: Baseline) -> None:
    before = deployed.restarts()
    assert deployed.kill() > len(before), "every container's process, and what runs them"
    deployed.wait_restarted(before)
    _expect_nothing_lost(deployed, baseline)


def test_an_overlay_that_is_deleted_leaves_its_data_to_the_next_apply(deployed: Deployed, baseline: Baseline) -> None:
    deployed.delete("staging")
    assert deployed.phases() == {"Released"}
    deployed.deploy("staging")
    _expect_nothing_lost(deployed, baseline)
    assert deployed.phases() == {"Bound", "Released"}


def test_a_notebook_begins_with_empty_volumes_and_production_comes_up_on_them(
    deployed: Deployed, baseline: Baseline
) -> None:
    deployed.clear()
    assert deployed.phases() == set()
    deployed.deploy("production")
    _count, first = _readings(deployed, more_than=7000)
    assert first > baseline.first
    assert deployed.query("SELECT to_regclass('reports.report')") == ("",), "nor a table, before the first report"
    assert len(deployed.pods("prj-02")) == 3
    assert deployed.difference("production") == ""


def _wait_alerts_raised(deployed: Deployed) -> None:
    """Wait until every reading that breaks the rule has its alert; the newest spikes are still on their way."""

    def is_handled() -> bool:
        (missing,) = deployed.query(
            "SELECT count(*) FROM readings.reading LEFT JOIN alerts.alert USING (sensor, at) "
            "WHERE reading.value > 60 AND alert.at IS NULL AND reading.at < now() - interval '5 s'"
        )
        return missing == "0"

    wait.until(is_handled, seconds=_SECONDS, outcome="be handled", object="every reading above 60")


def _readings(deployed: Deployed, more_than: int) -> tuple[int, str]:
    """How many readings there are, once there are more than a number, and when the first was taken; none is missing."""

    def stored() -> tuple[int, str] | None:
        count, without_gap, first = deployed.query(_READINGS)
        assert count in ("0", without_gap)
        return (int(count), first) if int(count) > more_than else None

    readings = wait.until(stored, seconds=_SECONDS, outcome="be stored", object=f"more than {more_than} readings")
    assert readings is not None
    return readings


def _expect_nothing_lost(deployed: Deployed, baseline: Baseline) -> None:
    """Make sure that all that was stored is there, and that it goes on from there."""
    baseline.count, first = _readings(deployed, more_than=baseline.count)
    assert first == baseline.first
    assert deployed.query(_REPORT) == baseline.report
    assert deployed.kubectl("-n", "prj-02", "exec", "deployment/prj-02", "--", "cat", _NOTE).strip() == _NONCE
    assert int(deployed.redis("XLEN", "readings")) >= baseline.count - 1, "what was published, but for the newest"
