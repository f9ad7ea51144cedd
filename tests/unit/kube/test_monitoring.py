"""What Prometheus, a receiver and dashboards are asked, and what is made of their answers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from lab_helpers import checkout
from lab_helpers.errors import LabError
from lab_helpers.observe import dashboards
from lab_helpers.observe.monitoring import Monitoring

_DASHBOARDS = sorted((checkout.infra_directory() / "_shared" / "monitoring" / "dashboards").glob("*.yaml"))


class Answers:
    """An API server behind which Prometheus answers every query with two series, one of them with no number in it."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, list[str]]]] = []

    def __call__(self, address: str) -> dict[str, Any]:
        parts = urlsplit(address)
        self.requests.append((parts.path.rpartition("/")[2], parse_qs(parts.query)))
        series = [
            {"metric": {"status": "200"}, "values": [[100.0, "1"], [101.0, "NaN"], [102.0, "3"]]},
            {"metric": {"status": "500"}, "values": [[100.0, "NaN"]]},
        ]
        return {"status": "success", "data": {"resultType": "matrix", "result": series}}


def _configmap(content: object, **metadata: str) -> dict[str, Any]:
    text = content if isinstance(content, str) else json.dumps(content)
    return {"metadata": {"name": "dashboard-x", "namespace": "monitoring"} | metadata, "data": {"x.json": text}}


def test_a_panel_has_the_curves_of_its_queries() -> None:
    answers = Answers()
    panel = {
        "title": "Requests",
        "fieldConfig": {"defaults": {"unit": "reqps"}},
        "targets": [{"expr": 'rate(x{a="b & c"}[1m])', "legendFormat": "{{ status }} of {{absent}}"}],
    }
    dashboard = dashboards.read(_configmap({"title": "T", "panels": [panel]}), Monitoring(answers), 100.0, 340.0)
    (drawn,) = dashboard.panels
    assert (drawn.title, drawn.unit) == ("Requests", "reqps")
    assert [(curve.name, curve.points) for curve in drawn.curves] == [("200 of ", ((100.0, 1.0), (102.0, 3.0)))]
    ((endpoint, parameters),) = answers.requests
    assert endpoint == "query_range"
    assert parameters["query"] == ['rate(x{a="b & c"}[1m])']
    assert parameters["step"] == ["2"]


@pytest.mark.parametrize(
    "content", ["no JSON", {"title": "T"}, {"title": "T", "panels": [{"title": "P", "targets": [{"expr": "x"}]}]}, []]
)
def test_what_holds_no_dashboard_is_an_error_that_names_it(content: object) -> None:
    with pytest.raises(LabError, match="holds no dashboard") as caught:
        dashboards.read(_configmap(content), Monitoring(Answers()), 0.0, 1.0)
    assert caught.value.object == "configmap/dashboard-x"


@pytest.mark.parametrize("file", _DASHBOARDS, ids=lambda file: file.stem)
def test_the_dashboards_of_the_deploy_repository_are_dashboards_to_grafana_too(file: Any) -> None:
    manifest = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert manifest["metadata"]["labels"][dashboards.LABEL] == "1"
    assert dashboards.read(manifest, Monitoring(Answers()), 0.0, 60.0).panels
    ((name, text),) = manifest["data"].items()
    model = json.loads(text)
    assert name == f"{file.stem}.json"
    assert model["uid"]
    assert model["schemaVersion"] >= 39
    (variable,) = model["templating"]["list"]
    assert (variable["type"], variable["query"]) == ("datasource", "prometheus")
    for panel in model["panels"]:
        assert panel["type"] == "timeseries"
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert all(source["uid"] == f"${{{variable['name']}}}" for source in sources)
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in model["panels"]}
    assert len(places) == len({panel["id"] for panel in model["panels"]}) == len(model["panels"])


def test_a_target_is_up_where_its_last_scrape_succeeded() -> None:
    active = [
        {"labels": {"job": "web"}, "scrapeUrl": "http://10.0.0.1/metrics", "health": health, "lastError": error}
        for health, error in (("up", ""), ("down", "connection refused"), ("unknown", ""))
    ]
    targets = Monitoring(lambda _address: {"data": {"activeTargets": active}}).targets()
    assert [(target.is_up, target.error) for target in targets] == [
        (True, ""),
        (False, "connection refused"),
        (False, ""),
    ]


def test_an_absent_add_on_is_an_error_that_says_how_to_look() -> None:
    monitoring = Monitoring(lambda _address: None)
    for ask in (monitoring.targets, monitoring.notifications):
        with pytest.raises(LabError, match="is add-on monitoring installed") as caught:
            ask()
        assert caught.value.next_step == "kubectl -n monitoring get pods"
