"""The database grows on a real cluster: a schema, a database, a server of its own, while rows are written and read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_helpers import wait
from lab_helpers.errors import LabError
from tests.k8s.e2e.deployed import Deployed

pytestmark = pytest.mark.cluster

_SECONDS = 120.0
_SECRETS = "k8s/overlays/production/secrets"
_OWN_SERVER = "db.prj-01-db.svc.cluster.local"
# One number after the other, as prj_01, where its DATABASE_URL says; it is acknowledged once it is printed.
_INSERT = """
PGPASSWORD=$PRJ_01_PASSWORD PGCONNECT_TIMEOUT=3 psql --host=prj-01-db --username=prj_01 --dbname={database} -qtA \
    --command="INSERT INTO readings.reading VALUES ('writer', now(), {number}) RETURNING value"
"""
_WRITTEN = "SELECT string_agg(value::bigint::text, ',') FROM readings.reading WHERE sensor = 'writer'"
# How many readings there are of the feed, and how many there would be without a gap: it gives one a second.
_FEED = (
    "SELECT count(*), round(extract(epoch FROM max(at) - min(at))) + 1 FROM readings.reading WHERE sensor <> 'writer'"
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
    """Production with a writer of its own, and the moves of its readings."""

    def __init__(self, deployed: Deployed) -> None:
        self.deployed = deployed
        self.acknowledged: list[int] = []

    def write(self) -> None:
        """Write the next number; the same again where it was not acknowledged."""
        number = len(self.acknowledged) + 1
        url = (self.deployed.repository / _SECRETS / "prj-01.env").read_text().splitlines()[0]
        script = _INSERT.format(database=url.rpartition("/")[2], number=number)
        printed = self.deployed.kubectl("-n", "prj-01", "exec", "postgresql-0", "--", "sh", "-c", script)
        if printed.strip() != str(number):
            raise LabError("not acknowledged", object="writer", next_step="")
        self.acknowledged.append(number)

    def read(self) -> None:
        """Ask prj-02 for the newest reading."""
        self.deployed.fetch("/readings?sensor=boiler&limit=1")

    def move(self, *arguments: str) -> str:
        """Make a step of the move."""
        return self.deployed.script("migrate/move-database.sh", *arguments).stdout

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

    def expect_nothing_lost(self, namespace: str) -> None:
        """Make sure that each acknowledged number and each reading of the feed is in a server's database prj_01."""
        acknowledged = set(self.acknowledged)
        assert acknowledged <= set(map(int, self.query(namespace, "prj_01", _WRITTEN).split(",")))
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


def test_no_acknowledged_row_is_lost_on_the_way_to_a_server_of_its_own(
    production: Production, record_property: Callable[[str, object], None]
) -> None:
    with Client(production.write) as writer, Client(production.read) as reader:
        writer.wait_more()
        _to_a_database_of_its_own(production)
        writer.wait_more()
        production.expect_nothing_lost("prj-01")
        _to_a_server_of_its_own(production)
        writer.wait_more()
        reader.wait_more()
        production.expect_nothing_lost("prj-01-db")
    assert production.query("prj-01", "lab", "SELECT count(*) > 7000 FROM readings.reading") == "t", "who reads follows"
    assert production.deployed.restarts()["postgresql-0"] == 0
    record_property("rows acknowledged", len(production.acknowledged))
    record_property("longest time without an acknowledged row, s", round(writer.longest_gap, 1))
    record_property("reads", f"{reader.count}, {reader.failures} failed")
    record_property("longest time without a read, s", round(reader.longest_gap, 1))


def test_each_step_may_be_made_again(production: Production) -> None:
    for step in (
        ("create",),
        ("stop", "lab"),
        ("copy", "lab"),
        ("follow",),
        ("copy", "prj_01", _OWN_SERVER),
        ("close",),
    ):
        production.move(*step)
    production.expect_nothing_lost("prj-01-db")


def test_others_cannot_reach_the_new_server(production: Production) -> None:
    reach = "PGCONNECT_TIMEOUT=2 pg_isready --host=db.prj-01-db"
    shared = ("-n", "prj-01", "exec", "postgresql-0", "--", "sh", "-c", reach)
    assert "accepting connections" in production.deployed.kubectl(*shared)
    socket = f"require('net').connect(5432, '{_OWN_SERVER}').setTimeout(2000, () => process.exit(3))"
    ask = f"{socket}.on('connect', () => process.exit(0))"
    with pytest.raises(LabError):
        production.deployed.kubectl("-n", "prj-02", "exec", "deployment/prj-02", "--", "node", "-e", ask)


def _to_a_database_of_its_own(production: Production) -> None:
    for step in (("create",), ("stop", "lab"), ("copy", "lab"), ("follow",)):
        production.move(*step)
    production.replace("secrets/prj-01.env", "-db/lab\n", "-db/prj_01\n")
    production.apply()
    for command in ("restart", "status"):
        production.deployed.kubectl("-n", "prj-01", "rollout", command, "deployment/prj-01")


def _to_a_server_of_its_own(production: Production) -> None:
    deployed = production.deployed
    production.replace("kustomization.yaml", "  - secrets\n", "  - prj-01-db\n  - secrets\n")
    production.apply()
    deployed.add_pull_secret("prj-01-db")
    values: Path = deployed.repository / _SECRETS / "prj-01.postgresql.env"
    deployed.kubectl("-n", "prj-01-db", "create", "secret", "generic", "prj-01-db-secrets", f"--from-env-file={values}")
    deployed.kubectl("-n", "prj-01-db", "rollout", "status", "statefulset/postgresql", f"--timeout={_SECONDS:g}s")
    production.move("stop", "prj_01")
    production.move("copy", "prj_01", _OWN_SERVER)
    production.replace(
        "prj-01-db/patches/service-patch.yaml", "externalName: db.prj-01.", "externalName: db.prj-01-db."
    )
    production.apply()
    production.move("close")
