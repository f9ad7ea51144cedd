"""The releases of prj_02 that take orders, and the migrations that they need: what is said while those are missing."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from lab_helpers import wait
from lab_helpers.images import applications
from tests import migrations, node_applications
from tests.backing_services import Database, postgresql_server
from tests.unit.app.price_kills import Service

_APPLICATION = applications.load("prj_02")
_EXPANDED = "-- +goose Up\nalter table project_2.swing_order add column currency text not null default 'EUR';\n"
_SECONDS = 120.0


class _Releases:
    """Starts releases of the application with a database."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        self._root, self._stack = root, stack
        self._services: list[Service] = []

    def start(self, tag: str, url: str) -> int:
        source = self._root / f"source-{len(self._services)}"
        release = next(release for release in _APPLICATION.releases if release.tag == tag)
        applications.write_source(_APPLICATION, release, source)
        service = Service(self._root / f"work-{len(self._services)}", {"DATABASE_URL": url}, source)
        self._services.append(service)
        port = service.start()
        self._stack.callback(service.end)
        return port

    def lines(self) -> list[dict[str, Any]]:
        """What the last one has logged."""
        return self._services[-1].lines()


@pytest.fixture
def releases(tmp_path: Path) -> Iterator[_Releases]:
    assert node_applications.modules("prj_02")
    with ExitStack() as stack:
        yield _Releases(tmp_path, stack)


@pytest.fixture
def expanded(tmp_path: Path) -> Path:
    """The migrations, with one that adds what v1.5.0 needs and v1.4.0 can do without."""
    directory = Path(shutil.copytree(migrations.DIRECTORY, tmp_path / "migrations"))
    (directory / "006_add_currency.sql").write_text(_EXPANDED)
    return directory


def _ask(port: int, path: str, method: str = "GET") -> tuple[int, Any]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def _await_ready(port: int) -> None:
    wait.until(lambda: _ask(port, "/ready")[0] == 200, seconds=_SECONDS, outcome="be ready", object="prj_02")


def _reason_not_ready(port: int) -> str:
    """Why it is not ready, once its database has answered."""

    def reason() -> str:
        status, answer = _ask(port, "/ready")
        assert status == 503
        return "" if "has not answered yet" in answer["error"] else str(answer["error"])

    return wait.until(reason, seconds=_SECONDS, outcome="say why", object="prj_02")


def test_without_its_migration_it_is_alive_and_not_ready_and_says_so(releases: _Releases, database_url: str) -> None:
    port = releases.start("v1.4.0", database_url)
    reason = 'the migration that this release needs has not run: relation "project_2.swing_order" does not exist'
    assert _reason_not_ready(port) == f"no orders yet: {reason}"
    assert _ask(port, "/ready")[0] == 503
    assert [line["reason"] for line in releases.lines() if line["message"] == "not ready"] == [reason]
    assert (_ask(port, "/health")[0], _ask(port, "/price?quantity=3")[0]) == (200, 200)

    assert migrations.up(database_url)[0] == 0
    _await_ready(port)
    status, order = _ask(port, "/orders?quantity=3", "POST")
    assert (status, order["quantity"], order["total"]) == (201, 3, 37.5)
    assert _ask(port, "/orders?limit=1") == (200, {"orders": [order]})


def test_old_and_new_release_share_the_schema_that_was_expanded(
    releases: _Releases, postgresql: Database, database_url: str, expanded: Path
) -> None:
    assert migrations.up(database_url)[0] == 0
    old, new = releases.start("v1.4.0", database_url), releases.start("v1.5.0", database_url)
    _await_ready(old)
    assert 'column "currency" does not exist' in _reason_not_ready(new)
    assert _ask(old, "/orders?quantity=1", "POST")[0] == 201

    assert migrations.up(database_url, expanded)[0] == 0
    _await_ready(new)
    assert _ask(new, "/orders?quantity=2", "POST")[1]["currency"] == "EUR"
    assert _ask(old, "/orders?quantity=4", "POST")[0] == 201
    assert [order["quantity"] for order in _ask(old, "/orders")[1]["orders"]] == [4, 2, 1]
    assert {order["currency"] for order in _ask(new, "/orders")[1]["orders"]} == {"EUR"}
    assert postgresql.query("select * from shared.portfolio_position", database_url) == "project_2|7"
    assert postgresql.query("select orders, quantity, total from analysis.ordered_by_day", database_url) == "3|7|87.50"


def test_a_database_that_is_lost_later_takes_only_the_orders_down(releases: _Releases) -> None:
    with postgresql_server() as server:
        assert migrations.up(server.url)[0] == 0
        port = releases.start("v1.4.0", server.url)
        _await_ready(port)
        server.end()
        status, answer = _ask(port, "/orders")
        assert (status, answer["error"]) == (503, "no orders now: the database does not answer")
        assert (_ask(port, "/ready")[0], _ask(port, "/price?quantity=1")[0]) == (200, 200)
        server.start()
        assert _ask(port, "/orders")[0] == 200
