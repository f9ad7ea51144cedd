"""What containers used, as Prometheus tells it, and what that speaks for."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lab_helpers.errors import LabError
from lab_helpers.observe import sizing
from lab_helpers.observe.usage import Usage, usage
from tests.unit.kube.cluster import FakeClient

_MI = 1024**2
_RESOURCES = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}


class Metered(FakeClient):
    """A namespace with workloads, and the series that Prometheus has of their pods."""

    def __init__(self, workloads: dict[str, list[str]], series: dict[str, list[tuple[str, float]]]) -> None:
        super().__init__({("namespace", "shop"): {"metadata": {"name": "shop"}}})
        self.lists = {kind: [_workload(kind, name) for name in names] for kind, names in workloads.items()}
        self.series = series
        self.queries: list[str] = []

    def list(self, kind: str, namespace: str | None = None, selector: str = "") -> list[dict[str, Any]]:
        return self.lists.get(kind, [])

    def read(self, path: str) -> dict[str, Any]:
        (query,) = parse_qs(urlsplit(path).query)["query"]
        self.queries.append(query)
        values = next((values for metric, values in self.series.items() if metric in query), [])
        return {
            "data": {
                "result": [
                    {"metric": {"namespace": "shop", "pod": pod, "container": "web"}, "value": [0, str(value)]}
                    for pod, value in values
                ]
            }
        }


def _workload(kind: str, name: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"template": {"spec": {"containers": [{"name": "web", "resources": _RESOURCES}]}}}
    return {"metadata": {"name": name}, "spec": {"jobTemplate": {"spec": spec}} if kind == "cronjob" else spec}


def test_the_busiest_pod_counts_gone_ones_too_and_none_of_another_workload() -> None:
    names = ["web-7d9f8b6c5d-x2x4z", "web-5c8d9f7b64-kq9wd", "web-db-6f7c8d9b5f-abcde"]
    cluster = Metered(
        {"deployment": ["web", "web-db"], "statefulset": ["store"], "cronjob": ["night"]},
        {
            "cpu_usage": [(names[0], 0.012), (names[1], 0.034), (names[2], 0.5), ("store-0", float("nan"))],
            "working_set": [(names[0], 40 * _MI), (names[1], 30 * _MI), ("night-29123456-abcde", 12 * _MI)],
        },
    )
    web, web_db, store, night = usage(cluster.client, ["shop"], 15)
    assert (web.workload, web.cpu, web.memory, web.throttled) == ("deployment/web", 0.034, 40 * _MI, None)
    assert (web_db.cpu, store.cpu, night.memory) == (0.5, None, 12 * _MI)
    assert web.requests == _RESOURCES["requests"]
    assert web.limits == _RESOURCES["limits"]
    assert all('namespace=~"shop"' in query and "[15m" in query for query in cluster.queries)


def test_a_namespace_that_is_not_there_is_named() -> None:
    with pytest.raises(LabError, match="is not there") as refused:
        usage(Metered({}, {}).client, ["shop", "shpo"], 15)
    assert refused.value.object == "namespace/shpo"


def test_a_namespace_without_workloads_is_named() -> None:
    with pytest.raises(LabError, match="nothing is deployed there") as refused:
        usage(Metered({}, {}).client, ["shop"], 15)
    assert refused.value.object == "namespace/shop"


@pytest.mark.parametrize(
    ("measured", "proposals"),
    [
        ({"cpu": 0.08, "memory": 50 * _MI}, []),
        ({"cpu": None, "memory": None}, []),
        ({"cpu": 0.01}, ["requests.cpu 100m → 20m"]),
        ({"cpu": 0.3}, ["requests.cpu 100m → 350m"]),
        ({"memory": 20 * _MI}, ["requests.memory 64Mi → 24Mi"]),
        ({"memory": 120 * _MI}, ["requests.memory 64Mi → 144Mi", "limits.memory 128Mi → 184Mi"]),
    ],
)
def test_a_change_is_proposed_where_a_request_is_off_by_half_or_a_limit_is_nearly_reached(
    measured: dict[str, float | None], proposals: list[str]
) -> None:
    container = Usage("shop", "deployment/web", "web", _RESOURCES["requests"], _RESOURCES["limits"], **measured)
    assert [str(change) for change in sizing.changes(container)] == proposals


def test_what_is_neither_requested_nor_limited_is_proposed_but_no_limit_of_cpu() -> None:
    container = Usage("shop", "deployment/web", "web", cpu=0.002, memory=10 * _MI)
    assert [(change.field, change.proposed) for change in sizing.changes(container)] == [
        ("requests.cpu", "10m"),
        ("requests.memory", "16Mi"),
        ("limits.memory", "16Mi"),
    ]


def test_a_container_that_its_limit_keeps_from_the_cpu_gets_a_higher_one() -> None:
    limits = {"cpu": "50m", "memory": "128Mi"}
    container = Usage("shop", "deployment/web", "web", _RESOURCES["requests"], limits, cpu=0.05, throttled=0.4)
    assert [str(change) for change in sizing.changes(container)] == ["limits.cpu 50m → 100m"]
