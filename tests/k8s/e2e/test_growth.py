"""The database grows on a real cluster: a schema, a database, a server of its own, while rows are written and read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab_helpers import wait
from lab_helpers.errors import LabError
from tests.k8s.e2e.deployed import Deployed

pytestmark = pytest.mark.cluster

_SECONDS = 120.0
_SECRETS = "k8s/overlays/production/secrets"
# As the project's login, where its DATABASE_URL says; a number is acknowledged once it is printed.
_INSERT = """
PGPASSWORD=${variable} PGCONNECT_TIMEOUT=3 psql --host={project}-db.{project}.svc --username={owner} \
    --dbname={database} -qtA --command="INSERT INTO {table} {values} RETURNING value"
"""
_WRITTEN = "SELECT string_agg(value::bigint::text, ',') FROM {table} WHERE sensor = 'writer'"
# How many readings there are of the feed, and how many there would be without a gap: it gives one a second.
_FEED = (
    "SELECT count(*), round(extract(epoch FROM max(at) - min(at))) + 1 FROM readings.reading WHERE sensor <> 'writer'"
)


@dataclass(frozen=True)
class Project:
    """A project whose data move.

    Attributes:
        name: As in ``prj-01``.
        table: The one that is written.
        values: What is written: columns and values, with ``{number}``.
    """

    name: str
    table: str
    values: str

    @property
    def owner(self) -> str:
        """Its login, and its database."""
        return self.name.replace("-", "_")

    @property
    def own_namespace(self) -> str:
        """Where its own server is."""
        return f"{self.name}-db"

    @property
    def own_server(self) -> str:
        """The server by its whole name."""
        return f"db.{self.own_namespace}.svc.cluster.local"


_READINGS = Project("prj-01", "readings.reading", "VALUES ('writer', now(), {number})")
_ALERTS = Project(
    "prj-04",
    "alerts.alert",
    "(rule, sensor, at, value, condition, key) "
    "VALUES ('writer', 'writer', now(), {number}, 'written', gen_random_uuid())",
)


class Client:
    """Does one thing again and again, until it is told to end.

    Args:
        act: Does it; raises ``LabError`` where it was not done.
    """

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.count, self.failures, self.longest_gap = 0, 0, 0.0

    def __enter__(self) -> Client:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def wait_more(self) -> None:
        """Wait until it was done again, begun from now on."""
        before = self.count
        wait.until(lambda: self.count > before + 1, seconds=_SECONDS, outcome="be done again", object="a client")

    def _run(self) -> None:
        last = time.monotonic()
        while not self._ended.wait(0.05):
            try:
                self._act()
            except LabError:
                self.failures += 1
                continue
            self.count += 1
            before, last = last, time.monotonic()
            self.longest_gap = max(self.longest_gap, last - before)


class Production:
    """Production, and what is done to it while data move."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed = deployed
        self.acknowledged: dict[Project, list[int]] = {_READINGS: [], _ALERTS: []}

    def write(self, project: Project) -> None:
        """Write a project's next number; the same again where it was not acknowledged."""
        number = len(self.acknowledged[project]) + 1
        settings = (self.deployed.repository / _SECRETS / f"{project.name}.env").read_text().splitlines()
        url = next(line for line in settings if line.startswith("DATABASE_URL="))
        script = _INSERT.format(
            variable=f"{project.owner.upper()}_PASSWORD",
            project=project.name,
            owner=project.owner,
            database=url.rpartition("/")[2],
            table=project.table,
            values=project.values.format(number=number),
        )
        printed = self.deployed.kubectl("-n", "prj-01", "exec", "postgresql-0", "--", "sh", "-c", script)
        if printed.strip() != str(number):
            raise LabError("not acknowledged", object="writer", next_step="")
        self.acknowledged[project].append(number)

    def read(self) -> None:
        """Ask prj-02 for the newest reading."""
        self.deployed.fetch("/readings?sensor=boiler&limit=1")

    def move(self, project: Project, *arguments: str) -> str:
        """Make a step of a project's move."""
        return self.deployed.script("migrate/move-database.sh", "--project", project.name, *arguments).stdout

    def apply(self) -> None:
        """Apply production as the repository has it."""
        self.deployed.kubectl("apply", "-k", self.deployed.overlay("production"))

    def replace(self, file: str, before: str, after: str) -> None:
        """Change one line of the overlay."""
        path = self.deployed.overlay("production") / file
        text = path.read_text()
        assert text.count(before) == 1, file
        path.write_text(text.replace(before, after))

    def query(self, namespace: str, database: str, statement: str) -> str:
        """What the owner is answered by one of the servers."""
        psql = ("psql", "--username=lab", f"--dbname={database}", "-qtA", f"--command={statement}")
        return self.deployed.kubectl("-n", namespace, "exec", "postgresql-0", "--", *psql).strip()

    def expect_nothing_lost(self, project: Project, namespace: str) -> None:
        """Make sure that each acknowledged number is in a project's database on a server."""
        written = self.query(namespace, project.owner, _WRITTEN.format(table=project.table))
        assert set(self.acknowledged[project]) <= set(map(int, written.split(",")))

    def expect_no_gap(self, namespace: str) -> None:
        """Make sure that each reading of the feed is in the database prj_01 of a server."""
        count, without_gap = self.query(namespace, "prj_01", _FEED).split("|")
        assert count == without_gap
        assert int(count) > 7000


@pytest.fixture(scope="module")
def production(lab_name: str, tmp_path_factory: pytest.TempPathFactory) -> Production:
    deployed = Deployed(lab_name, tmp_path_factory.mktemp("growth"))
    deployed.deploy("production")
    count = "SELECT count(*) FROM readings.reading"
    wait.until(lambda: int(deployed.query(count)[0]) > 7000, seconds=_SECONDS, outcome="be stored", object="readings")
    return Production(deployed)


def test_no_acknowledged_reading_is_lost_on_the_way_to_a_server_of_its_own(
    production: Production, record_property: Callable[[str, object], None]
) -> None:
    with Client(lambda: production.write(_READINGS)) as writer, Client(production.read) as reader:
        writer.wait_more()
        _to_a_database_of_its_own(production, _READINGS)
        writer.wait_more()
        production.expect_nothing_lost(_READINGS, "prj-01")
        production.expect_no_gap("prj-01")
        _to_a_server_of_its_own(production, _READINGS)
        writer.wait_more()
        reader.wait_more()
        production.expect_nothing_lost(_READINGS, "prj-01-db")
        production.expect_no_gap("prj-01-db")
    assert production.query("prj-01", "lab", "SELECT count(*) > 7000 FROM readings.reading") == "t", "who reads follows"
    assert production.deployed.restarts()["postgresql-0"] == 0
    record_property("rows acknowledged", len(production.acknowledged[_READINGS]))
    record_property("longest time without an acknowledged row, s", round(writer.longest_gap, 1))
    record_property("reads", f"{reader.count}, {reader.failures} failed")
    record_property("longest time without a read, s", round(reader.longest_gap, 1))


def test_no_acknowledged_alert_is_lost_on_the_way_to_a_server_of_its_own(
    production: Production, record_property: Callable[[str, object], None]
) -> None:
    with Client(lambda: production.write(_ALERTS)) as writer:
        writer.wait_more()
        _to_a_database_of_its_own(production, _ALERTS)
        writer.wait_more()
        production.expect_nothing_lost(_ALERTS, "prj-01")
        _to_a_server_of_its_own(production, _ALERTS)
        writer.wait_more()
        production.expect_nothing_lost(_ALERTS, "prj-04-db")
    raised = "SELECT count(*) FROM alerts.alert WHERE rule <> 'writer'"
    before = int(production.query("prj-04-db", "prj_04", raised))
    wait.until(
        lambda: int(production.query("prj-04-db", "prj_04", raised)) > before,
        seconds=_SECONDS,
        outcome="raise alerts again",
        object="prj-04",
    )
    record_property("alerts acknowledged", len(production.acknowledged[_ALERTS]))
    record_property("longest time without an acknowledged alert, s", round(writer.longest_gap, 1))


@pytest.mark.parametrize("project", [_READINGS, _ALERTS], ids=lambda project: project.name)
def test_each_step_may_be_made_again(production: Production, project: Project) -> None:
    for step in (
        ("create",),
        ("stop", "lab"),
        ("copy", "lab"),
        ("follow",),
        ("copy", project.owner, project.own_server),
        ("close",),
    ):
        production.move(project, *step)
    production.expect_nothing_lost(project, project.own_namespace)


@pytest.mark.parametrize("project", [_READINGS, _ALERTS], ids=lambda project: project.name)
def test_others_cannot_reach_the_new_server(production: Production, project: Project) -> None:
    reach = f"PGCONNECT_TIMEOUT=2 pg_isready --host={project.own_server}"
    shared = ("-n", "prj-01", "exec", "postgresql-0", "--", "sh", "-c", reach)
    assert "accepting connections" in production.deployed.kubectl(*shared)
    socket = f"require('net').connect(5432, '{project.own_server}').setTimeout(2000, () => process.exit(3))"
    ask = f"{socket}.on('connect', () => process.exit(0))"
    with pytest.raises(LabError):
        production.deployed.kubectl("-n", "prj-02", "exec", "deployment/prj-02", "--", "node", "-e", ask)


def _to_a_database_of_its_own(production: Production, project: Project) -> None:
    for step in (("create",), ("stop", "lab"), ("copy", "lab"), ("follow",)):
        production.move(project, *step)
    production.replace(f"secrets/{project.name}.env", "-db/lab\n", f"-db/{project.owner}\n")
    production.apply()
    for command in ("restart", "status"):
        production.deployed.kubectl("-n", project.name, "rollout", command, f"deployment/{project.name}")


def _to_a_server_of_its_own(production: Production, project: Project) -> None:
    deployed, namespace = production.deployed, project.own_namespace
    production.replace("kustomization.yaml", "  - secrets\n", f"  - {namespace}\n  - secrets\n")
    production.apply()
    deployed.add_pull_secret(namespace)
    values: Path = deployed.repository / _SECRETS / "prj-01.postgresql.env"
    deployed.kubectl(
        "-n", namespace, "create", "secret", "generic", f"{namespace}-secrets", f"--from-env-file={values}"
    )
    deployed.kubectl("-n", namespace, "rollout", "status", "statefulset/postgresql", f"--timeout={_SECONDS:g}s")
    production.move(project, "stop", project.owner)
    production.move(project, "copy", project.owner, project.own_server)
    production.replace(
        f"{namespace}/patches/service-patch.yaml", "externalName: db.prj-01.", f"externalName: db.{namespace}."
    )
    production.apply()
    production.move(project, "close")
